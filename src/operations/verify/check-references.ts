import { existsSync, lstatSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { Tree } from "../../model/tree.ts";
import { keptThings } from "../retire/kept-things.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding } from "./finding.ts";

export interface References {
  /** Records that something kept leads to, whole ones and others. */
  readonly records: ReadonlySet<Digest>;
  /** Of the objects that are damaged or missing, those that something kept names, with their size. */
  readonly broken: ReadonlyMap<Digest, number>;
}

/** Follows everything that is kept down to its objects, each record once, and reports what is missing or has another size than the record says. */
export function checkReferences(
  workspace: Workspace,
  options: {
    readonly badObjects: ReadonlySet<Digest>;
    /** The record of a directory; undefined when it is damaged or missing. */
    readonly tree: (digest: Digest) => Tree | undefined;
    readonly report: (finding: Finding) => void;
  },
): References {
  const { store } = workspace;
  const { badObjects } = options;
  const takenDown = store.takenDown();
  const records = new Set<Digest>();
  const broken = new Map<Digest, number>();

  for (const thing of keptThings(workspace)) {
    if (thing.kind === "root") follow(thing.digest);
    else need(thing.digest, thing.sizeBytes);
  }
  return { records, broken };

  function follow(digest: Digest): void {
    if (records.has(digest)) return;
    records.add(digest);
    const tree = options.tree(digest);
    if (tree === undefined) {
      if (!existsSync(store.layout.tree(digest))) report("record", "missing", digest, store.layout.tree(digest));
      return;
    }
    for (const node of tree.nodes) {
      if (node.kind === "file") need(node.digest, node.sizeBytes);
      else follow(node.tree);
    }
  }

  function need(digest: Digest, sizeBytes: number): void {
    if (takenDown.has(digest) || broken.has(digest)) return;
    const stat = badObjects.has(digest) ? undefined : lstatSync(store.layout.object(digest), { throwIfNoEntry: false });
    if (stat?.size === sizeBytes) return;
    broken.set(digest, sizeBytes);
    if (badObjects.has(digest)) return;
    report("object", stat === undefined ? "missing" : "size", digest, store.layout.object(digest));
  }

  function report(kind: "object" | "record", problem: "missing" | "size", digest: Digest, file: string): void {
    options.report({ kind, problem, path: file, digest, detail: "", affects: [] });
  }
}
