import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "vitest";
import { z } from "zod";

import { parseTree } from "../../src/model/tree.ts";
import type { Mirror } from "./mirror.ts";

/**
 * Walks from the log alone and finds just what is on disk: nothing lost, nothing left. What counts are kept checkpoints, the latest version, the newest publication that may be served, and what
 * plain distributions serve besides. No pruned checkpoint may be in its grace time.
 */
export function expectExactlyReachable(mirror: Mirror): void {
  const trees = new Set<string>();
  const objects = new Set<string>();
  const { served, kept, generated, checkpoints } = reachableByLog(mirror);
  for (const root of served) walk(root);
  const shown = isShared(mirror) ? [...trees].filter((digest) => recordOf(digest).path !== "") : [];
  for (const root of kept) walk(root);
  for (const digest of generated) objects.add(digest);
  for (const { dropped } of plainStates(mirror)) for (const { digest } of dropped) objects.add(digest);
  expect(namesIn("state/trees")).toEqual([...trees].toSorted());
  expect(namesIn("state/objects")).toEqual([...objects].toSorted());
  const shared = !existsSync(mirror.file("public/_asof/d"))
    ? []
    : readdirSync(mirror.file("public/_asof/d")).flatMap((prefix) =>
        readdirSync(mirror.file(`public/_asof/d/${prefix}`)).map((name) => prefix + name),
      );
  expect(shared.toSorted()).toEqual(shown.map((digest) => digest.slice(0, 32)).toSorted());
  expect(mirror.checkpoints().map(String)).toEqual(checkpoints);

  function walk(digest: string): void {
    trees.add(digest);
    for (const node of recordOf(digest).nodes) {
      if (node.kind === "file") objects.add(node.digest);
      else walk(node.tree);
    }
  }

  function recordOf(digest: string) {
    const tree = parseTree(readFileSync(mirror.file(`state/trees/${digest.slice(0, 2)}/${digest}`), "utf8"));
    if (tree === undefined) throw new Error(`no record ${digest}`);
    return tree;
  }

  function namesIn(folder: string): readonly string[] {
    return readdirSync(mirror.file(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.basename(entry.name))
      .toSorted();
  }
}

/** Read from the lines of the log one after the other, as one would by hand. */
function reachableByLog(mirror: Mirror): {
  /** Roots of what the site shows, and of what the state keeps besides. */
  readonly served: readonly string[];
  readonly kept: readonly string[];
  readonly generated: ReadonlySet<string>;
  readonly checkpoints: readonly string[];
} {
  const events = mirror.events().map((event) => line.parse(event));
  const rootOf = (version: number | undefined): string =>
    events.find((event) => event.type === "version" && event.version === version)?.root ?? events[0]?.root ?? "";
  const tombstones = new Map(
    events.flatMap((event, index) => (event.type === "tombstone" ? [[event.checkpoint, { ...event, index }]] : [])),
  );
  // What was imported late stands where its time puts it.
  const publications = events
    .flatMap((event, index) => (event.type === "publication" ? [{ ...event, index }] : []))
    .toSorted((a, b) => ((a.created ?? "") < (b.created ?? "") ? -1 : 1));
  const withdrawn = publications.flatMap((publication) => {
    const tombstone = publication.checkpointed ? tombstones.get(publication.created) : undefined;
    return tombstone?.cause === "withdrawn" ? [{ root: rootOf(publication.version), index: tombstone.index }] : [];
  });
  const isTombstone = (publication: (typeof publications)[number]): boolean =>
    publication.checkpointed && tombstones.has(publication.created);
  const kept = publications.filter((publication) => publication.checkpointed && !isTombstone(publication));
  const newest = publications.findLast(
    (publication) =>
      !isTombstone(publication) &&
      !withdrawn.some(({ root, index }) => root === rootOf(publication.version) && publication.index < index),
  );
  const served = newest === undefined ? kept : [...kept, newest];
  const manifests = events.filter((event) => event.type === "manifest").slice(-1);
  return {
    served: served.map(({ version }) => rootOf(version)),
    kept: [
      rootOf(0),
      rootOf(
        Math.max(
          0,
          ...events.flatMap((event) => (event.type === "version" && event.filled !== true ? [event.version ?? 0] : [])),
        ),
      ),
    ],
    generated: new Set([
      ...manifests.map(({ digest }) => digest ?? ""),
      ...served.flatMap((publication) =>
        [publication.manifest, publication.sums, publication.statement, ...(publication.signatures ?? [])].flatMap(
          (file) => (file === null || file === undefined ? [] : [file.digest]),
        ),
      ),
    ]),
    checkpoints: kept.map(({ created }) => created ?? ""),
  };
}

function isShared(mirror: Mirror): boolean {
  const { layout = "shared" } = configuration.parse(JSON.parse(readFileSync(mirror.file("asof.yaml"), "utf8")));
  return layout === "shared";
}

const configuration = z.looseObject({ layout: z.string().optional() });

const file = z.looseObject({ digest: z.string() });

const line = z
  .looseObject({
    type: z.string(),
    root: z.string().optional(),
    version: z.number().optional(),
    created: z.string().optional(),
    checkpoint: z.union([z.boolean(), z.string()]).optional(),
    filled: z.boolean().optional(),
    cause: z.string().optional(),
    digest: z.string().optional(),
    manifest: file.nullable().optional(),
    sums: file.optional(),
    statement: file.optional(),
    signatures: z.array(file).optional(),
  })
  .transform((event) => ({ ...event, checkpointed: event.checkpoint === true }));

function plainStates(mirror: Mirror) {
  return readdirSync(mirror.file("state/plain")).map((name) =>
    plainState.parse(JSON.parse(readFileSync(mirror.file(`state/plain/${name}`), "utf8"))),
  );
}

const plainState = z.looseObject({ dropped: z.array(z.looseObject({ digest: z.string() })) });
