import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { discardLeftPlains, publicationNumbered } from "../build/build-plain.ts";
import { departedDistributions, distributionsOnDisk } from "../build/site-record.ts";
import type { Digest } from "../../model/digest.ts";
import { latestVersion, newestPublication, protectedVersions } from "../../model/history.ts";
import type { Checkpoint, Publication } from "../../model/history.ts";
import { discard, discardIfEmpty } from "../../site/reveal.ts";
import { readBuiltRecord, readPlainState, writeBuiltRecord } from "../build/built-record.ts";
import { proofFiles } from "../../model/statement.ts";
import type { Workspace } from "../workspace.ts";

export interface SweepResult {
  /** Public directories of pruned checkpoints that were removed. */
  readonly checkpoints: number;
  readonly sharedDirectories: number;
  readonly objects: number;
}

/**
 * Removes what nothing can reach any more: directories of checkpoints whose tombstone the web server has known for the grace time, shared directories, records and objects that
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
  const due = dueCheckpoints(workspace, record.announced);
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
  const sharedRoot = path.join(config.publicDir, "_asof", "d");
  // What left the configuration stays as it was built, also when the layout is another one now.
  const hasShared = config.layout === "shared" || departedDistributions(workspace).length > 0;
  const shared = new Set(hasShared ? [...live.served].map((digest) => digest.slice(0, 32)) : []);
  result.sharedDirectories = discardUnless(sharedRoot, (prefix, name) => shared.has(prefix + name), store.layout.trash);
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
    .flatMap((distribution) =>
      (store.repository(distribution.repository)?.history.checkpoints ?? [])
        .filter(
          (checkpoint) =>
            checkpoint.tombstone !== undefined && isDue(workspace, announced, distribution.repository, checkpoint),
        )
        .flatMap(({ created }) => [
          { directory: publicLayout.checkpoint(distribution.basePath, created), isCheckpoint: true },
          { directory: publicLayout.beside(distribution.basePath, created), isCheckpoint: false },
        ]),
    )
    .filter(({ directory }) => existsSync(directory));
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
  const { store, publicLayout } = workspace;
  const places = distributionsOnDisk(workspace);
  const trees = new Set<string>();
  const objects = new Set<string>();

  function mark(digest: Digest): void {
    if (trees.has(digest)) return;
    trees.add(digest);
    for (const node of store.tree(digest).nodes) {
      if (node.kind === "file") objects.add(node.digest);
      else mark(node.tree);
    }
  }

  for (const name of store.repositoryNames()) {
    const history = store.repository(name)?.history;
    if (history === undefined) continue;
    for (const checkpoint of history.checkpoints) {
      if (checkpoint.tombstone !== undefined && !isOnDisk(name, checkpoint)) continue;
      mark(checkpoint.root);
      markGenerated(checkpoint);
    }
    const newest = newestPublication(history);
    markGenerated(newest);
    const version = history.versions[newest?.version ?? -1];
    if (version !== undefined) mark(version.root);
  }
  for (const { basePath, checkpoint, repository } of places) {
    const plain = checkpoint ? undefined : readPlainState(workspace, basePath);
    const history = store.repository(repository)?.history;
    if (plain === undefined || history === undefined) continue;
    mark(plain.root);
    for (const gone of plain.dropped) objects.add(gone.digest);
    markGenerated(publicationNumbered(history, plain.publication));
  }
  const served = new Set(trees);
  for (const name of store.repositoryNames()) {
    const history = store.repository(name)?.history;
    if (history === undefined) continue;
    mark(history.versions[0].root);
    mark(latestVersion(history).root);
    if (history.upstreamManifest !== undefined) objects.add(history.upstreamManifest.digest);
  }
  return { served, trees, objects };

  function isOnDisk(repository: string, { created }: Publication): boolean {
    return places.some(
      (one) =>
        one.checkpoint && one.repository === repository && existsSync(publicLayout.checkpoint(one.basePath, created)),
    );
  }

  function markGenerated(publication: Publication | undefined): void {
    if (publication === undefined) return;
    if (publication.manifest !== null) objects.add(publication.manifest.digest);
    for (const { digest } of proofFiles(publication)) objects.add(digest);
  }
}

/** Walks the two levels `ab/name` and discards every name that is not kept. Names that asof would not have given are left alone. */
function discardUnless(root: string, keep: (prefix: string, name: string) => boolean, trash: string): number {
  let count = 0;
  if (!existsSync(root)) return count;
  for (const prefix of readdirSync(root)) {
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
