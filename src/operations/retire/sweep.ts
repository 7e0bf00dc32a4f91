import { readdirSync } from "node:fs";
import path from "node:path";

import { discardLeftPlains } from "../build/build-plain.ts";
import { departedDistributions, distributionsOnDisk } from "../build/site-record.ts";
import type { Digest } from "../../model/digest.ts";
import { protectedVersions } from "../../model/history.ts";
import type { Checkpoint } from "../../model/history.ts";
import { discard, discardIfEmpty } from "../../site/reveal.ts";
import { sharedLedTo } from "../../site/shared-led-to.ts";
import { namesIfThere } from "../../store/disk.ts";
import { readBuiltRecord, readPlainState, writeBuiltRecord } from "../build/built-record.ts";
import { keptBesides, servedThings } from "./kept-things.ts";
import type { KeptThing } from "./kept-things.ts";
import { lostAndServed, lostDirectories } from "./lost-checkpoints.ts";
import type { Workspace } from "../workspace.ts";

export interface SweepResult {
  /** Public directories of pruned checkpoints that were removed. */
  readonly checkpoints: number;
  readonly sharedDirectories: number;
  readonly objects: number;
}

/**
 * Removes what nothing can reach any more: directories of checkpoints whose tombstone the web server has known for the grace time, or that were lost, shared directories, records and objects that
 * no kept version names. Decided by reachability alone; everything goes out of sight by a rename into the trash and is deleted there. Run after a build whose reload
 * succeeded.
 */
export async function sweep(
  workspace: Workspace,
  options: { readonly keepObjects?: boolean } = {},
): Promise<SweepResult> {
  const { config, store, signal, publicLayout } = workspace;
  discardLeftPlains(workspace);
  const record = readBuiltRecord(workspace);
  const due = [...dueCheckpoints(workspace, record.announced), ...lostDirectories(workspace, record.announced)];
  const keys = new Map(store.repositoryNames().map((name) => [name, garbageKey(workspace, name, record.announced)]));
  const result = { checkpoints: 0, sharedDirectories: 0, objects: 0 };
  const clean = [...keys].every(([name, key]) => record.swept.get(name) === key);
  if (due.length === 0 && clean) return result;

  for (const { directory, isCheckpoint } of due) {
    discard(directory, store.layout.trash);
    result.checkpoints += isCheckpoint ? 1 : 0;
  }
  const live = markReachable(workspace);
  signal.throwIfAborted();
  const sharedRoot = publicLayout.sharedFolder;
  // What left the configuration stays as it was built, also when the layout is another one now.
  const hasShared = config.layout === "shared" || departedDistributions(workspace).length > 0;
  const shared = new Set(hasShared ? [...live.served].map((digest) => digest.slice(0, 32)) : []);
  const lost = lostAndServed(workspace, record.announced).map(({ directory }) => directory);
  const inUse = sharedLedTo(publicLayout, lost);
  const isKept = (prefix: string, name: string): boolean =>
    shared.has(prefix + name) || inUse.has(path.join(sharedRoot, prefix, name));
  result.sharedDirectories = discardUnless(sharedRoot, isKept, store.layout.trash);
  discardIfEmpty(sharedRoot, store.layout.trash);
  for (const { basePath } of distributionsOnDisk(workspace).filter((distribution) => distribution.checkpoint)) {
    discardUnless(publicLayout.records(basePath), (_, name) => live.served.has(name), store.layout.trash);
    discardIfEmpty(publicLayout.records(basePath), store.layout.trash);
  }
  discardUnless(store.layout.trees, (_, name) => live.trees.has(name), store.layout.trash);
  if (options.keepObjects !== true) {
    result.objects = discardUnless(store.layout.objects, (_, name) => live.objects.has(name), store.layout.trash);
  }
  await store.recover();
  if (options.keepObjects !== true) writeBuiltRecord(workspace, { ...record, swept: keys });
  return result;
}

/** Directories of pruned checkpoints that may go now, and what is told about them beside. */
function dueCheckpoints(
  workspace: Workspace,
  announced: ReadonlyMap<string, number>,
): readonly { readonly directory: string; readonly isCheckpoint: boolean }[] {
  const { store, publicLayout } = workspace;
  return distributionsOnDisk(workspace)
    .filter((distribution) => distribution.checkpoint)
    .flatMap(({ basePath, repository }) => {
      const gone = (store.repository(repository)?.history.checkpoints ?? []).filter(
        (checkpoint) => checkpoint.tombstone !== undefined && isDue(workspace, announced, repository, checkpoint),
      );
      if (gone.length === 0) return [];
      // Asked once: there are tombstones of every checkpoint that ever was.
      const there = new Set(namesIfThere(publicLayout.base(basePath)));
      const besides = new Set(namesIfThere(path.join(publicLayout.base(basePath), "_asof")));
      return gone.flatMap(({ created }) => [
        ...(there.has(created) ? [{ directory: publicLayout.checkpoint(basePath, created), isCheckpoint: true }] : []),
        ...(besides.has(created) ? [{ directory: publicLayout.beside(basePath, created), isCheckpoint: false }] : []),
      ]);
    });
}

/** What was withdrawn has no grace: it goes as soon as the web server knows that it is gone. */
function isDue(
  { config, clock }: Workspace,
  announced: ReadonlyMap<string, number>,
  repository: string,
  { created, tombstone }: Checkpoint,
): boolean {
  const since = announced.get(`${repository} ${created}`);
  if (since === undefined) return false;
  return tombstone?.cause === "withdrawn" || since + config.graceSeconds <= clock.now();
}

/** What the garbage of a repository depends on. */
function garbageKey(workspace: Workspace, name: string, announced: ReadonlyMap<string, number>): string {
  const history = workspace.store.repository(name)?.history;
  if (history === undefined) return "";
  const buried = history.checkpoints.filter(
    (one) => one.tombstone !== undefined && isDue(workspace, announced, name, one),
  );
  const superseded = history.versions.length - protectedVersions(history).size;
  const plains = distributionsOnDisk(workspace)
    .filter((one) => !one.checkpoint && one.repository === name)
    .map((one) => readPlainState(workspace, one.basePath)?.dropped ?? [])
    .map((dropped) => `${dropped.length}:${Math.max(0, ...dropped.map((gone) => gone.until))}`);
  return [workspace.config.layout, buried.length, superseded, ...plains].join(" ");
}

interface Reachable {
  /** Records of what the site shows. What is kept besides must not be found there: the latest version may hold what was withdrawn. */
  readonly served: ReadonlySet<string>;
  readonly trees: ReadonlySet<string>;
  readonly objects: ReadonlySet<string>;
}

/** Everything that a kept version names, and what pruned checkpoints name as long as they are on disk. */
function markReachable(workspace: Workspace): Reachable {
  const { store } = workspace;
  const trees = new Set<string>();
  const objects = new Set<string>();
  for (const thing of servedThings(workspace)) mark(thing);
  const served = new Set(trees);
  for (const thing of keptBesides(workspace)) mark(thing);
  return { served, trees, objects };

  function mark({ kind, digest }: KeptThing): void {
    if (kind === "object") objects.add(digest);
    else markTree(digest);
  }

  function markTree(digest: Digest): void {
    if (trees.has(digest)) return;
    trees.add(digest);
    for (const node of store.tree(digest).nodes) {
      if (node.kind === "file") objects.add(node.digest);
      else markTree(node.tree);
    }
  }
}

/** Walks the two levels `ab/name` and discards every name that is not kept. Names that asof would not have given are left alone. */
function discardUnless(root: string, keep: (prefix: string, name: string) => boolean, trash: string): number {
  let count = 0;
  for (const prefix of namesIfThere(root)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    for (const name of readdirSync(path.join(root, prefix))) {
      if (!/^[0-9a-f]{30,64}$/.test(name) || keep(prefix, name)) continue;
      discard(path.join(root, prefix, name), trash);
      count += 1;
    }
    discardIfEmpty(path.join(root, prefix), trash);
  }
  return count;
}
