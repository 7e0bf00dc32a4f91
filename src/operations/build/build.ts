import { existsSync } from "node:fs";
import path from "node:path";

import type { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { reveal } from "../../site/reveal.ts";
import type { Move } from "../../site/stage-tree.ts";
import { syncFileSystem } from "../../store/disk.ts";
import { readBuiltRecord } from "./built-record.ts";
import { stageChangeFiles } from "./change-files.ts";
import type { CheckpointPair } from "./change-files.ts";
import { openClientKits, stalePins } from "./client-kit.ts";
import { applyPlain, discardReplaced, planPlain } from "./build-plain.ts";
import type { PlainPlan } from "./build-plain.ts";
import { leftRules } from "./left-rules.ts";
import { planHistoryFiles } from "./history-files.ts";
import type { HistoryFilesPlan } from "./history-files.ts";
import type { KnownKinds } from "./kind-cache.ts";
import { hostWarnings, planHostFiles } from "./host-files.ts";
import type { HostFilesPlan } from "./host-files.ts";
import { discardStale, removeRules } from "./discard-stale.ts";
import { hasUnannounced, remember, sameEntries } from "./remember-build.ts";
import { hashOf, pagesFingerprint } from "./pages-fingerprint.ts";
import { replaceRules } from "./replace-rules.ts";
import { refuseObeyedFiles } from "./obeyed-files.ts";
import { stageRecords, unpublishedRoots } from "../publish/published-records.ts";
import type { UnpublishedRoot } from "../publish/published-records.ts";
import { stageListings } from "./rerender.ts";
import { planRules } from "./rules-files.ts";
import { openMadeFiles } from "./made-files.ts";
import type { GeneratedGroup, MadeFile, MadeFiles } from "./made-files.ts";
import { noRowTexts, openRowTexts } from "./row-texts.ts";
import type { RowTexts } from "./row-texts.ts";
import { assetFiles, gonePages, hasContent, listFiles, topFiles } from "./site-files.ts";
import type { GeneratedFile } from "./site-files.ts";
import { areRecorded, recordDistributions } from "./recorded-distributions.ts";
import { departedDistributions, distributionsOnDisk, promisePlaces } from "./site-record.ts";
import { staleFiles } from "./stale-files.ts";
import { staleRules, staleRulesWarnings } from "./stale-rules.ts";
import { missingCheckpoints } from "./missing-checkpoints.ts";
import { outdatedChanges } from "./outdated-changes.ts";
import { openStagingFolder, stageCheckpoint, stageRootPage } from "./stage-checkpoint.ts";
import { removeFromPool, removeFromSite, unfinishedTakeDowns } from "../retire/finish-take-downs.ts";
import type { Workspace } from "../workspace.ts";

/** What a build will do. Computed from the state, the configuration and the site as it stands; `applyBuild` does exactly this. */
export interface BuildPlan {
  /** Checkpoints whose directories are not there, or stand in another layout. */
  readonly checkpoints: readonly CheckpointPair[];
  /** Checkpoints that stand, and whose lists of changes are made anew. */
  readonly changes: readonly CheckpointPair[];
  /** Roots whose records are not public yet. */
  readonly records: readonly UnpublishedRoot[];
  readonly plains: readonly PlainPlan[];
  /** Whether every listing page is rendered again, and what pins clients to a checkpoint: theme, templates, title or address changed. */
  readonly rerender: boolean;
  /** Contents that have to go from the site and from the pool. */
  readonly takeDowns: readonly Digest[];
  /** Stylesheet and pages of 410 answers. */
  readonly besides: readonly GeneratedFile[];
  readonly rules: readonly GeneratedFile[];
  /** Of all that listing pages depend on, and of all rules, as they will be. */
  readonly pagesFingerprint: string;
  readonly rulesFingerprint: string;
  readonly reload: boolean;
  /** Whether it is to be written down that the server knows of tombstones and losses: a run may have died just before. Their directories go no sooner. */
  readonly announces: boolean;
  /** What hosts need in public/, front page, lists, JSON. */
  readonly lists: readonly GeneratedFile[];
  /** Generated files in public/ that nothing leads to any more. */
  readonly stale: readonly string[];
  /** Generated files beside the rules that no server reads any more, or that belong to a host which left the configuration. */
  readonly staleRules: readonly string[];
  /** Files of hosts that are not there at all yet: before any content, because what they say of it must hold from its first moment. */
  readonly newHostFiles: readonly GeneratedFile[];
  /** What the build fails with after everything else is done. */
  readonly hostFailure: Failure | undefined;
  /** What is remembered of files for hosts, where it is not what the last build remembered. */
  readonly hostFiles: HostFilesPlan["written"] | undefined;
  /** What trees were recognized as, where that is not remembered yet. */
  readonly kinds: KnownKinds | undefined;
  /** What the user should know of the site as it will be. */
  readonly warnings: readonly string[];
  /** Base paths that left the configuration and are still on disk. */
  readonly departed: readonly string[];
  /** Whether the state lists every distribution that is, or will be, on disk. */
  readonly isListed: boolean;
  /** What is known of the generated files from now on. */
  readonly made: MadeFiles;
  /** Files that say since when; those to be written are among `lists`, those to be removed in `stale`. */
  readonly history: HistoryFilesPlan;
  /** What is known of the rows of lists from now on. */
  readonly rowTexts: RowTexts;
  /** Writes down which lists of changes are made. */
  readonly rememberChanges: () => void;
}

/** Reads state and site; writes nothing. Files that earlier builds made are trusted as long as nobody touched them, unless `trusting` is false: then every byte is compared. */
export function planBuild(workspace: Workspace, options: { readonly trusting?: boolean } = {}): BuildPlan {
  const { config } = workspace;
  const record = readBuiltRecord(workspace);
  const made = openMadeFiles(workspace, { trusting: options.trusting !== false });
  const rules = lookAtAll(made, planRules(workspace));
  const fingerprint = rulesFingerprint(rules.files);
  const gone = lookAtAll(made, gonePages(workspace));
  const kits = openClientKits(workspace);
  const rowTexts = options.trusting === false ? noRowTexts : openRowTexts(workspace);
  const lists = lookAtAll(made, listFiles(workspace, kits, rowTexts));
  const history = planHistoryFiles(workspace, { made, trusting: options.trusting !== false });
  const top = topFiles(workspace);
  const pages = pagesFingerprint(workspace);
  const takeDowns = unfinishedTakeDowns(workspace);
  const rerender = record.pages !== pages || takeDowns.length > 0;
  const hosts = planHostFiles(workspace, record.hostFiles);
  const [newHostFiles, changedHostFiles] = partition(differing(hosts.public), (file) => !existsSync(file.path));
  const checkpoints = missingCheckpoints(workspace, record.layout, made);
  const missing = new Set(checkpoints.map((pair) => keyOf(pair)));
  const changes = outdatedChanges(workspace, { made, trusting: options.trusting !== false, all: rerender });
  const plains = config.distributions
    .filter((one) => !one.checkpoint)
    .flatMap((one) => planPlain(workspace, one, record.layout));
  refuseObeyedFiles(workspace, record, hosts.written, { checkpoints, plains });
  return {
    checkpoints,
    changes: changes.pairs.filter((pair) => !missing.has(keyOf(pair))),
    records: unpublishedRoots(workspace, made),
    plains,
    rerender,
    takeDowns,
    besides: [...differing(assetFiles(workspace)), ...gone.differing],
    rules: [...rules.differing, ...differing(hosts.rules)],
    pagesFingerprint: pages,
    rulesFingerprint: fingerprint,
    // Rules that were lost or edited and are written anew may be loaded as they were: the server is told as well.
    reload: config.reload !== undefined && (rules.differing.length > 0 || record.reloaded !== fingerprint),
    announces: hasUnannounced(workspace, record),
    newHostFiles,
    hostFailure: hosts.failure,
    lists: [...changedHostFiles, ...history.differing, ...lists.differing, ...differing(top)],
    stale: [
      ...new Set([
        ...staleFiles(workspace, [...gone.files, ...lists.files, ...top, ...hosts.public]),
        ...(rerender ? stalePins(workspace) : []),
        ...hosts.stale.public,
        ...history.stale,
      ]),
    ],
    staleRules: [...hosts.stale.rules, ...staleRules(workspace, rules.files, rules.differing)],
    hostFiles: sameEntries(hosts.written, record.hostFiles) ? undefined : hosts.written,
    kinds: kits.news(),
    warnings: [...hostWarnings(workspace), ...leftRules(workspace), ...staleRulesWarnings(workspace)],
    departed: departedDistributions(workspace).map((one) => one.basePath),
    isListed: areRecorded(workspace, distributionsOnDisk(workspace)),
    made,
    history,
    rowTexts,
    rememberChanges: () => changes.remember(),
  };
}

function keyOf({ distribution, checkpoint }: CheckpointPair): string {
  return `${distribution.basePath} ${checkpoint.created}`;
}

/** The files of many groups, and those that are not on disk as they have to be. */
function lookAtAll(made: MadeFiles, groups: readonly GeneratedGroup[]): ReturnType<MadeFiles["look"]> {
  const looked = groups.map((group) => made.look(group));
  return { files: looked.flatMap(({ files }) => files), differing: looked.flatMap((one) => one.differing) };
}

export function isEmptyPlan(plan: BuildPlan): boolean {
  return (
    plan.checkpoints.length +
      plan.changes.length +
      plan.records.length +
      plan.plains.length +
      plan.besides.length +
      plan.rules.length +
      plan.lists.length +
      plan.newHostFiles.length +
      plan.stale.length +
      plan.staleRules.length ===
      0 &&
    plan.hostFiles === undefined &&
    plan.kinds === undefined &&
    plan.hostFailure === undefined &&
    plan.isListed &&
    !plan.rerender &&
    !plan.reload &&
    !plan.announces
  );
}

/** In place of `applyBuild` where there is nothing to do: the next run need not look so closely. Writes into state/cache alone, and nothing where nothing is new. */
export function rememberLook(plan: Pick<BuildPlan, "history" | "made" | "rowTexts" | "rememberChanges">): void {
  plan.rowTexts.remember();
  plan.rememberChanges();
  plan.history.remember();
  plan.made.remember(() => false);
}

/**
 * Carries a plan out: content and pages, then rules, reload, lists. Where checkpoints were pruned the lists go before the rules, so that no page leads to a 410. Throws RELOAD
 * after everything else was done when the reload command fails: the site is whole, and nothing is ever deleted under rules that were not loaded.
 */
export async function applyBuild(workspace: Workspace, plan: BuildPlan): Promise<void> {
  const { store } = workspace;
  // Before anybody can be given an answer that is kept for ever.
  promisePlaces(workspace);
  recordDistributions(workspace, distributionsOnDisk(workspace));
  const transaction = store.begin();
  try {
    plan.history.begin();
    const record = readBuiltRecord(workspace);
    const hosts = openStagingFolder(workspace, transaction, "hosts");
    for (const file of plan.newHostFiles) hosts.file(file.path, file.content);
    // Staged now, seen last: the first barrier of what follows is one for them as well.
    const lists = openStagingFolder(workspace, transaction, "lists");
    const histories = new Set(plan.history.differing);
    for (const file of plan.lists) lists.file(file.path, file.content, { withFolder: histories.has(file) });
    plan.history.letGo();
    await makeVisible(workspace, hosts.moves, transaction.dir);
    const content = openStagingFolder(workspace, transaction, "content");
    const left: string[] = [];
    for (const pair of plan.checkpoints) left.push(...(await stageCheckpoint(workspace, content, pair)));
    for (const pair of plan.changes) {
      stageRootPage(workspace, content, pair);
      left.push(...stageChangeFiles(workspace, content, pair));
    }
    for (const { basePath, root, previous } of plan.records) stageRecords(workspace, content, basePath, root, previous);
    for (const file of plan.besides) content.file(file.path, file.content);
    await makeVisible(workspace, content.moves, transaction.dir);
    for (const file of left) discardStale(workspace, file);
    removeFromSite(workspace, plan.takeDowns);
    if (plan.rerender) {
      const listings = openStagingFolder(workspace, transaction, "listings");
      stageListings(workspace, listings);
      await makeVisible(workspace, listings.moves, transaction.dir);
    }
    for (const plain of plan.plains) await applyPlain(workspace, plain, transaction);
    removeFromPool(workspace, plan.takeDowns);

    const hadBarrier = hosts.moves.length + content.moves.length + plan.plains.length > 0;
    if (plan.takeDowns.length > 0 || (lists.moves.length > 0 && !hadBarrier)) await syncFileSystem(transaction.dir);
    const listsFirst = hasUnannounced(workspace, record);
    if (listsFirst) await finishVisible(workspace, lists.moves, plan.plains);
    const rulesFailure = await replaceRules(workspace, plan, path.join(transaction.dir, "rules"));
    if (!listsFirst) await finishVisible(workspace, lists.moves, plan.plains);
    // Rules that were not loaded may still lead to them.
    if (rulesFailure === undefined) {
      for (const file of plan.stale) discardStale(workspace, file);
      for (const file of plan.staleRules) removeRules(workspace, file);
    }
    remember(workspace, record, plan, rulesFailure === undefined);
    plan.rowTexts.remember();
    plan.rememberChanges();
    plan.history.remember();
    // Rules that were refused are not those that stand there.
    plan.made.remember((file) => rulesFailure === undefined || !plan.rules.some((one) => one.path === file));
    const failure = rulesFailure ?? plan.hostFailure;
    if (failure !== undefined) throw failure;
  } finally {
    transaction.discard();
  }
}

async function makeVisible(workspace: Workspace, moves: readonly Move[], dir: string): Promise<void> {
  if (moves.length === 0) return;
  await syncFileSystem(dir);
  reveal(moves, workspace.store.layout.trash);
  await syncFileSystem(dir);
}

/** The lists take their names, what plain distributions served before goes into the trash, and one barrier is for both. */
async function finishVisible(
  workspace: Workspace,
  lists: readonly Move[],
  plains: readonly PlainPlan[],
): Promise<void> {
  const { store } = workspace;
  const discarded = discardReplaced(workspace, plains);
  reveal(lists, store.layout.trash);
  if (lists.length + discarded > 0) await store.barrier();
}

function differing(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  return files.filter((file) => !hasContent(file));
}

function partition<Item>(
  items: readonly Item[],
  isFirst: (item: Item) => boolean,
): readonly [readonly Item[], readonly Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function rulesFingerprint(files: readonly MadeFile[]): string {
  return hashOf(files.flatMap((file) => [path.basename(file.path), file.sha256]));
}
