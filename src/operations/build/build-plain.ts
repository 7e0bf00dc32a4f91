import { existsSync, lstatSync, readdirSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { differenceOf } from "../../model/difference.ts";
import type { ChangedPath } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import { newestPublication } from "../../model/history.ts";
import type { History, Publication } from "../../model/history.ts";
import { nextPlainState } from "../../site/plain-state.ts";
import type { PlainState, ServedFile } from "../../site/plain-state.ts";
import { relativeTarget } from "../../site/public-layout.ts";
import { discard, discardIfEmpty, reveal } from "../../site/reveal.ts";
import { stagePlainTree } from "../../site/stage-plain.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { stagePlainChanges } from "../../site/update-plain-in-place.ts";
import { syncFileSystem } from "../../store/disk.ts";
import type { Transaction } from "../../store/transaction.ts";
import { readPlainState, writePlainState } from "./built-record.ts";
import { fileAt, hasDirectory } from "../entries.ts";
import { withdrawnContent } from "../retire/withdrawn-content.ts";
import { openStagingFolder, stageContext } from "./stage-checkpoint.ts";
import type { Workspace } from "../workspace.ts";

/** A plain distribution that has to be brought to another state. */
export interface PlainPlan {
  readonly distribution: DistributionSettings;
  readonly publication: Publication;
  readonly previous: PlainState | undefined;
  readonly state: PlainState;
  readonly changes: readonly ChangedPath[];
  /** Whether what is served now can be changed file by file; otherwise the whole tree is made and swapped in. */
  readonly inPlace: boolean;
  readonly after: (path: string) => ServedFile | undefined;
  readonly isDirectoryAfter: (path: string) => boolean;
}

/** None when the distribution serves the newest publication already and no dropped path is due to go. */
export function planPlain(
  workspace: Workspace,
  distribution: DistributionSettings,
  builtLayout: string,
): readonly PlainPlan[] {
  const { store, clock, config } = workspace;
  const history = store.repository(distribution.repository)?.history;
  const previous = readPlainState(workspace, distribution.basePath);
  const publication =
    history === undefined
      ? undefined
      : (newestPublication(history) ?? (previous === undefined ? undefined : nothingPublished(history)));
  const root = history?.versions[publication?.version ?? -1]?.root;
  if (history === undefined || publication === undefined || root === undefined) return [];

  const stands =
    standsAsRecorded(workspace, distribution, previous) && (builtLayout === "" || builtLayout === config.layout);
  const isWithdrawn = withdrawnContent(workspace, history);
  const isDue = previous?.dropped.some((gone) => gone.until <= clock.now() || isWithdrawn(gone.digest)) === true;
  const isCurrent = previous?.publication === publication.publication && !isDue;
  if (isCurrent && stands) return [];

  const read = (digest: Digest) => store.tree(digest);
  const before = publicationNumbered(history, previous?.publication);
  const served = (of: Publication | undefined, tree: Digest | undefined) => (name: string) =>
    manifestAt(of, name) ?? (tree === undefined ? undefined : fileAt(tree, name, read));
  const changes = [...differenceOf(previous?.root, root, read), ...manifestChange(before, publication)];
  const after = served(publication, root);
  const takenDown = store.takenDown();
  const isDirectoryAfter = (name: string): boolean => hasDirectory(root, name, read);
  // What was lost is made again as it was, under the same name.
  const state = isCurrent
    ? previous
    : nextPlainState({
        previous,
        publication: publication.publication,
        root,
        changes,
        before: served(before, previous?.root),
        after,
        isDirectoryAfter,
        storedAt: (digest) =>
          takenDown.has(digest) ? 0 : Math.floor(statSync(store.layout.object(digest)).mtimeMs / 1000),
        now: clock.now(),
        graceSeconds: config.gracePlainSeconds,
        isWithdrawn,
      });
  const inPlace = config.layout !== "shared" && previous !== undefined && stands;
  return [{ distribution, publication, previous, state, changes, inPlace, after, isDirectoryAfter }];
}

/** Makes what the plan says visible. Records the new state where a run that dies halfway would look for it. */
export async function applyPlain(workspace: Workspace, plan: PlainPlan, transaction: Transaction): Promise<void> {
  const { store, publicLayout, config } = workspace;
  const { distribution, publication, previous, state } = plan;
  const name = `plain-${distribution.name}`;
  const stage = openStagingFolder(workspace, transaction, name);
  const context = stageContext(workspace, path.join(transaction.dir, name));
  const base = publicLayout.base(distribution.basePath);
  const heading = `${config.site.mount}${distribution.basePath}/`;
  const { trash } = store.layout;

  if (plan.inPlace && previous !== undefined) {
    const removals = stagePlainChanges(stage, context, { ...plan, previous, dir: base, heading });
    await syncFileSystem(transaction.dir);
    // Files where folders are to be, unless a run that died has made the folder already.
    for (const file of removals.before) if (lstatIfThere(file)?.isDirectory() === false) discard(file, trash);
    reveal(stage.moves, trash);
    for (const file of removals.after) if (lstatIfThere(file) !== undefined) discard(file, trash);
    for (const folder of removals.emptied) discardIfEmpty(folder, trash);
    writePlainState(workspace, distribution.basePath, state);
    await syncFileSystem(transaction.dir);
    return;
  }
  const isShared = config.layout === "shared";
  const to = isShared ? publicLayout.plain(distribution.basePath, state.serial) : base;
  const earlier =
    isShared && previous !== undefined ? publicLayout.plain(distribution.basePath, previous.serial) : undefined;
  const dir = stagePlainTree(stage, context, { publication, state, heading, to, earlier });
  stage.move({ from: dir, to });
  if (isShared) {
    const link = path.join(stage.folder(), "link");
    symlinkSync(relativeTarget(base, to), link);
    stage.move({ from: link, to: base });
  }
  await syncFileSystem(transaction.dir);
  writePlainState(workspace, distribution.basePath, state);
  reveal(stage.moves, trash);
  await syncFileSystem(transaction.dir);
}

/** Takes away what plain distributions served before, when it is durable that they serve something else. Returns how many states there were; the caller sets the barrier. */
export function discardReplaced(workspace: Workspace, plans: readonly PlainPlan[]): number {
  let count = 0;
  for (const { distribution, state, inPlace } of plans)
    if (!inPlace) count += discardSuperseded(workspace, distribution, state);
  return count;
}

/** Finishes what a run began that died when it had swapped a plain distribution in and not yet taken away the one before. */
export function discardLeftPlains(workspace: Workspace): void {
  for (const distribution of workspace.config.distributions) {
    if (distribution.checkpoint) continue;
    const state = readPlainState(workspace, distribution.basePath);
    if (state !== undefined && standsAsRecorded(workspace, distribution, state))
      discardSuperseded(workspace, distribution, state);
  }
}

/** Every state but the one that is served: the one before, those of runs that died, all of them in a layout that has none. Returns how many there were. */
function discardSuperseded(
  { config, publicLayout, store }: Workspace,
  { basePath }: DistributionSettings,
  state: PlainState,
): number {
  const folder = publicLayout.plainFolder(basePath);
  const isThere = existsSync(folder);
  if (config.layout !== "shared") {
    if (isThere) discard(folder, store.layout.trash);
    // Also the one that a run left empty which died between the two.
    discardIfEmpty(path.dirname(folder), store.layout.trash);
    return isThere ? 1 : 0;
  }
  if (!isThere) return 0;
  const superseded = readdirSync(folder).filter((name) => name !== String(state.serial));
  for (const name of superseded) discard(path.join(folder, name), store.layout.trash);
  return superseded.length;
}

/** Whether what stands at the base path is what the state says it is. */
export function standsAsRecorded(
  { publicLayout, config }: Workspace,
  distribution: DistributionSettings,
  state: PlainState | undefined,
): boolean {
  if (state === undefined) return false;
  const base = publicLayout.base(distribution.basePath);
  const there = lstatSync(base, { throwIfNoEntry: false });
  if (config.layout !== "shared") return there?.isDirectory() === true;
  const to = publicLayout.plain(distribution.basePath, state.serial);
  return (
    there?.isSymbolicLink() === true &&
    readlinkSync(base) === relativeTarget(base, to) &&
    statSync(base, { throwIfNoEntry: false }) !== undefined
  );
}

/** By its number in the log, which counts from 1; 0 is what is served where nothing may be. */
export function publicationNumbered(history: History, number: number | undefined): Publication | undefined {
  if (number === 0) return nothingPublished(history);
  return history.publications.findLast((publication) => publication.publication === number);
}

/** What a plain distribution serves when nothing is left that may be served: the empty version. Whatever it served before must go. */
function nothingPublished({ newestEvent: created }: History): Publication {
  const counts = { added: 0, removed: 0, changed: 0 };
  return { publication: 0, version: 0, created, checkpoint: false, manifest: null, ...counts };
}

function manifestAt(publication: Publication | undefined, name: string): ServedFile | undefined {
  const manifest = publication?.manifest;
  return manifest?.name === name ? { digest: manifest.digest, sizeBytes: manifest.bytes } : undefined;
}

function manifestChange(before: Publication | undefined, after: Publication): readonly ChangedPath[] {
  const [a, b] = [before?.manifest ?? undefined, after.manifest ?? undefined];
  if (a?.name === b?.name) {
    return b === undefined || a?.digest === b.digest ? [] : [{ kind: "changed", path: b.name }];
  }
  return [
    ...(a === undefined ? [] : [{ kind: "removed", path: a.name } as const]),
    ...(b === undefined ? [] : [{ kind: "added", path: b.name } as const]),
  ];
}
