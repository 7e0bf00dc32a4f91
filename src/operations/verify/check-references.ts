import { existsSync, lstatSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import { latestVersion, newestPublication } from "../../model/history.ts";
import type { Publication } from "../../model/history.ts";
import type { Tree } from "../../model/tree.ts";
import { publicationNumbered } from "../build/build-plain.ts";
import { readPlainState } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { takenDownDigests } from "../retire/taken-down.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding } from "./finding.ts";

export interface References {
  /** Records that something kept leads to, whole ones and others. */
  readonly records: ReadonlySet<Digest>;
  /** Of the objects that are damaged or missing, those that something kept names, with their size. */
  readonly broken: ReadonlyMap<Digest, number>;
}

/**
 * Follows everything that is kept (the latest version, kept checkpoints, pruned ones while they are on disk, what plain distributions serve, manifests and sums) down to its objects, each record once, and reports
 * what is missing or has another size than the record says.
 */
export function checkReferences(
  workspace: Workspace,
  options: {
    readonly badObjects: ReadonlySet<Digest>;
    /** The record of a directory; undefined when it is damaged or missing. */
    readonly tree: (digest: Digest) => Tree | undefined;
    readonly report: (finding: Finding) => void;
  },
): References {
  const { store, publicLayout } = workspace;
  const { badObjects } = options;
  const takenDown = takenDownDigests(store);
  const records = new Set<Digest>();
  const broken = new Map<Digest, number>();

  for (const name of store.repositoryNames()) {
    const history = store.repository(name)?.history;
    if (history === undefined) continue;
    follow(history.versions[0].root);
    follow(latestVersion(history).root);
    if (history.upstreamManifest !== undefined) need(history.upstreamManifest.digest, history.upstreamManifest.bytes);
    for (const checkpoint of history.checkpoints) {
      if (checkpoint.tombstone !== undefined && !isOnDisk(name, checkpoint)) continue;
      follow(checkpoint.root);
      needFiles(checkpoint);
    }
    const newest = newestPublication(history);
    needFiles(newest);
    const served = history.versions[newest?.version ?? -1];
    if (served !== undefined) follow(served.root);
  }
  for (const { basePath, checkpoint, repository } of distributionsOnDisk(workspace)) {
    const plain = checkpoint ? undefined : readPlainState(workspace, basePath);
    const history = store.repository(repository)?.history;
    if (plain === undefined || history === undefined) continue;
    follow(plain.root);
    for (const gone of plain.dropped) need(gone.digest, gone.sizeBytes);
    needFiles(publicationNumbered(history, plain.publication));
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

  function needFiles(publication: Publication | undefined): void {
    const { manifest, sums, statement, signatures = [] } = publication ?? {};
    for (const file of [manifest ?? undefined, sums, statement, ...signatures])
      if (file !== undefined) need(file.digest, file.bytes);
  }

  function isOnDisk(repository: string, { created }: Publication): boolean {
    return distributionsOnDisk(workspace).some(
      (one) =>
        one.checkpoint && one.repository === repository && existsSync(publicLayout.checkpoint(one.basePath, created)),
    );
  }

  function report(kind: "object" | "record", problem: "missing" | "size", digest: Digest, file: string): void {
    options.report({ kind, problem, path: file, digest, detail: "", affects: [] });
  }
}
