import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { Failure } from "../failure.ts";
import type { DistributionSettings } from "../model/config.ts";
import { keptCheckpoints } from "../model/history.ts";
import type { Checkpoint } from "../model/history.ts";
import { discard, reveal } from "../site/reveal.ts";
import { readIfThere, replaceFile, syncFileSystem } from "../store/disk.ts";
import { readBuiltRecord, writeBuiltRecord } from "./built-record.ts";
import type { BuiltRecord } from "./built-record.ts";
import { applyPlain, planPlain } from "./build-plain.ts";
import type { PlainPlan } from "./build-plain.ts";
import { stageListings } from "./rerender.ts";
import { planRules } from "./rules-files.ts";
import { assetFiles, gonePages, listFiles, staleFiles } from "./site-files.ts";
import { promisePlaces } from "./site-record.ts";
import type { GeneratedFile } from "./site-files.ts";
import { departedDistributions } from "./site-record.ts";
import { openStagingFolder, assetsPath, stageCheckpoint } from "./stage-checkpoint.ts";
import type { Workspace } from "./workspace.ts";

/** What a build will do. Computed from the state, the configuration and the site as it stands; `applyBuild` does exactly this. */
export interface BuildPlan {
  /** Checkpoints whose directories are not there, or stand in another layout. */
  readonly checkpoints: readonly {
    readonly distribution: DistributionSettings;
    readonly checkpoint: Checkpoint;
    readonly previous: Checkpoint | undefined;
  }[];
  readonly plains: readonly PlainPlan[];
  /** Whether every listing page is rendered again: theme, templates, title or mount changed. */
  readonly rerender: boolean;
  /** Stylesheet and pages of 410 answers. */
  readonly besides: readonly GeneratedFile[];
  readonly rules: readonly GeneratedFile[];
  readonly reload: boolean;
  /** Front page, lists, JSON. */
  readonly lists: readonly GeneratedFile[];
  /** Generated pages that nothing leads to any more. */
  readonly stale: readonly string[];
  /** Base paths that left the configuration and are still on disk. */
  readonly departed: readonly string[];
}

/** Reads state and site; writes nothing. */
export function planBuild(workspace: Workspace): BuildPlan {
  const { config } = workspace;
  const record = readBuiltRecord(workspace);
  const rules = planRules(workspace);
  const changedRules = differing(rules);
  const gone = gonePages(workspace);
  const lists = listFiles(workspace);
  return {
    checkpoints: missingCheckpoints(workspace, record.layout),
    plains: config.distributions
      .filter((one) => !one.checkpoint)
      .flatMap((one) => planPlain(workspace, one, record.layout)),
    rerender: record.pages !== pagesFingerprint(workspace),
    besides: differing([...assetFiles(workspace), ...gone]),
    rules: changedRules,
    // Rules that were lost or edited and are written anew may be loaded as they were: the server is told as well.
    reload: config.reload !== undefined && (changedRules.length > 0 || record.reloaded !== rulesFingerprint(rules)),
    lists: differing(lists),
    stale: staleFiles(workspace, [...gone, ...lists]),
    departed: departedDistributions(workspace).map((one) => one.basePath),
  };
}

export function isEmptyPlan(plan: BuildPlan): boolean {
  return (
    plan.checkpoints.length +
      plan.plains.length +
      plan.besides.length +
      plan.rules.length +
      plan.lists.length +
      plan.stale.length ===
      0 &&
    !plan.rerender &&
    !plan.reload
  );
}

/**
 * Carries a plan out: content and pages, then rules, reload, lists. Where checkpoints were pruned the lists go before the rules, so that no page leads to a 410. Throws RELOAD
 * after everything else was done when the reload command fails: the site is whole, and nothing is ever deleted under rules that were not loaded.
 */
export async function applyBuild(workspace: Workspace, plan: BuildPlan): Promise<void> {
  const { store } = workspace;
  const transaction = store.begin();
  try {
    const record = readBuiltRecord(workspace);
    const content = openStagingFolder(workspace, transaction, "content");
    for (const { distribution, checkpoint, previous } of plan.checkpoints) {
      stageCheckpoint(workspace, content, distribution, checkpoint, previous);
    }
    for (const file of plan.besides) content.file(file.path, file.content);
    await makeVisible(workspace, content.moves, transaction.dir);
    if (plan.rerender) {
      const listings = openStagingFolder(workspace, transaction, "listings");
      stageListings(workspace, listings);
      await makeVisible(workspace, listings.moves, transaction.dir);
    }
    for (const plain of plan.plains) await applyPlain(workspace, plain, transaction);

    const lists = openStagingFolder(workspace, transaction, "lists");
    for (const file of plan.lists) lists.file(file.path, file.content);
    const listsFirst = hasUnannounced(workspace, record);
    if (listsFirst) await makeVisible(workspace, lists.moves, transaction.dir);
    for (const file of plan.rules) replaceFile(file.path, file.content);
    const reloadFailure = plan.reload ? await reload(workspace) : undefined;
    if (!listsFirst) await makeVisible(workspace, lists.moves, transaction.dir);
    // Rules that were not loaded may still lead to them.
    if (reloadFailure === undefined) for (const file of plan.stale) discard(file, store.layout.trash);
    remember(workspace, record, reloadFailure === undefined);
    promisePlaces(workspace);
    if (reloadFailure !== undefined) throw reloadFailure;
  } finally {
    transaction.discard();
  }
}

async function makeVisible(
  workspace: Workspace,
  moves: readonly { from: string; to: string }[],
  dir: string,
): Promise<void> {
  if (moves.length === 0) return;
  await syncFileSystem(dir);
  reveal(moves, workspace.store.layout.trash);
  await syncFileSystem(dir);
}

function missingCheckpoints(workspace: Workspace, builtLayout: string): BuildPlan["checkpoints"] {
  const { config, store, publicLayout } = workspace;
  return config.distributions
    .filter((distribution) => distribution.checkpoint)
    .flatMap((distribution) => {
      const history = store.repository(distribution.repository)?.history;
      const kept = history === undefined ? [] : keptCheckpoints(history);
      const there = new Set(directoriesIn(publicLayout.base(distribution.basePath)));
      const stands = (one: Checkpoint): boolean =>
        there.has(one.created) &&
        (builtLayout === config.layout || (builtLayout === "" && standsInLayout(workspace, distribution, one)));
      return kept.flatMap((checkpoint, index) =>
        stands(checkpoint) ? [] : [{ distribution, checkpoint, previous: kept[index - 1] }],
      );
    });
}

/** Without a record of the last build, what stands tells its layout: a directory of a shared one is a symlink. */
function standsInLayout(
  { config, store, publicLayout }: Workspace,
  { basePath }: DistributionSettings,
  { root, created }: Checkpoint,
): boolean {
  const directory = store.tree(root).nodes.find((node) => node.kind === "directory");
  if (directory === undefined) return true;
  const inside = path.join(publicLayout.checkpoint(basePath, created), directory.name);
  return lstatSync(inside, { throwIfNoEntry: false })?.isSymbolicLink() === (config.layout === "shared");
}

function directoriesIn(folder: string): readonly string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function differing(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  return files.filter((file) => readIfThere(file.path)?.equals(Buffer.from(file.content)) !== true);
}

/** Whether there are tombstones that the web server was not told of yet. */
function hasUnannounced(workspace: Workspace, record: BuiltRecord): boolean {
  return tombstoneKeys(workspace).some((key) => !record.announced.has(key));
}

/** `repository timestamp` of every tombstone. */
function tombstoneKeys({ config, store }: Workspace): readonly string[] {
  return config.repositories.flatMap(({ name }) =>
    (store.repository(name)?.history.checkpoints ?? []).flatMap((one) =>
      one.tombstone === undefined ? [] : [`${name} ${one.created}`],
    ),
  );
}

function remember(workspace: Workspace, record: BuiltRecord, loaded: boolean): void {
  const now = workspace.clock.now();
  const announced = loaded
    ? new Map(tombstoneKeys(workspace).map((key) => [key, record.announced.get(key) ?? now]))
    : record.announced;
  const next: BuiltRecord = {
    ...record,
    pages: pagesFingerprint(workspace),
    layout: workspace.config.layout,
    reloaded: loaded ? rulesFingerprint(planRules(workspace)) : record.reloaded,
    announced,
  };
  if (!sameRecord(next, record)) writeBuiltRecord(workspace, next);
}

function sameRecord(a: BuiltRecord, b: BuiltRecord): boolean {
  return (
    a.pages === b.pages &&
    a.layout === b.layout &&
    a.reloaded === b.reloaded &&
    a.announced.size === b.announced.size &&
    [...a.announced.keys()].every((key) => b.announced.has(key))
  );
}

function pagesFingerprint(workspace: Workspace): string {
  const { pages, config } = workspace;
  return hashOf([pages.fingerprint, config.site.title, config.site.mount, assetsPath(workspace)]);
}

function rulesFingerprint(files: readonly GeneratedFile[]): string {
  return hashOf(files.flatMap((file) => [path.basename(file.path), file.content]));
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part}\0`);
  return hash.digest("hex");
}

/** Runs the configured command; a failure is returned, because the rest of the build still has to be done. */
async function reload({ config, signal }: Workspace): Promise<Failure | undefined> {
  const [command, ...args] = config.reload ?? [];
  if (command === undefined) return undefined;
  try {
    await promisify(execFile)(command, args, { signal, timeout: 60_000, cwd: path.dirname(config.file) });
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    const stderr = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    return new Failure("RELOAD", `the reload command failed: ${[command, ...args].join(" ")}`, {
      cause,
      details: stderr === "" ? [] : stderr.split("\n").slice(0, 10),
      hint: "the site is whole and the new rules are in place; the next run tries again",
    });
  }
}
