import type { RepositorySettings } from "../../model/config.ts";
import { emptyHistory, keptCheckpoints } from "../../model/history.ts";
import type { Digest } from "../../model/digest.ts";
import type { DirectoryRemote } from "../../model/remote.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { VersionIndex } from "../../store/version-index.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../build/build.ts";
import { reconcileSettled } from "../publish/settled.ts";
import { planPrune } from "../retire/prune.ts";
import type { Workspace } from "../workspace.ts";
import { commitCheckpoint } from "./commit-checkpoint.ts";
import { planImport } from "./plan-import.ts";
import type { ImportPlan, ImportRequest, PlannedDirectory } from "./plan-import.ts";
import { checkSame, openWithdrawnCheck, prepareCheckpoint } from "./prepare-checkpoint.ts";
import type { PreparedCheckpoint } from "./prepare-checkpoint.ts";
import { openShelfReader } from "./read-content.ts";
import type { LeftOut } from "./read-shelf.ts";

export interface ImportResult {
  readonly imported: readonly Timestamp[];
  /** Already there. */
  readonly skipped: readonly Timestamp[];
  readonly leftOut: readonly LeftOut[];
  readonly changes: ImportPlan["changes"];
}

/**
 * Makes a checkpoint of every dated directory, each under its own second, and shows them. Doing it again adds what is not there yet. Throws the plan's refusal before anything is written.
 *
 * What lies before the first checkpoint is recorded when all of it was read, the newest first: whatever a run that died has recorded, the rest still lies before the first checkpoint. Anything else is recorded
 * as soon as it was read, oldest first.
 */
export async function importShelves(
  workspace: Workspace,
  repository: RepositorySettings,
  request: ImportRequest,
): Promise<ImportResult> {
  const plan = planImport(workspace, repository, request);
  if (plan.refusal !== undefined) throw plan.refusal;
  reconcileSettled(workspace, repository, request.accept);
  const { signal, store } = workspace;
  const historyNow = () => store.repository(repository.name)?.history ?? emptyHistory;
  const reader = openShelfReader(workspace, repository, request.symlinks ?? symlinksOf(repository));
  const withdrawnAs = openWithdrawnCheck(workspace, historyNow().checkpoints);
  const imported: Timestamp[] = [];
  const skipped: Timestamp[] = [];
  const leftOut: LeftOut[] = [...plan.leftOut];
  let last: VersionIndex | undefined;

  const early: PreparedCheckpoint[] = [];
  for (const directory of plan.directories) {
    signal.throwIfAborted();
    if (directory.place !== "before") continue;
    const checkpoint = await prepare(directory, last?.root);
    if (checkpoint !== undefined) early.push(checkpoint);
  }
  for (const checkpoint of early.toReversed()) await commit(checkpoint);
  for (const directory of plan.directories) {
    signal.throwIfAborted();
    const { place, at } = directory;
    if (place === "there") await compare(directory);
    if (place !== "between" && place !== "after") continue;
    const previous = keptCheckpoints(historyNow()).findLast(({ created }) => created < at);
    const checkpoint = await prepare(directory, previous?.root);
    if (checkpoint !== undefined) await commit(checkpoint);
  }
  warnOfRetention(workspace, repository, imported);
  const build = planBuild(workspace);
  if (!isEmptyPlan(build)) await applyBuild(workspace, build);
  return { imported: imported.toSorted(), skipped, leftOut, changes: plan.changes };

  /** Undefined for content that was withdrawn. */
  async function prepare(
    directory: PlannedDirectory,
    previous: Digest | undefined,
  ): Promise<PreparedCheckpoint | undefined> {
    const { checkpoint, index } = await prepareCheckpoint(workspace, repository, reader, directory, indexOf(previous));
    const withdrawn = withdrawnAs(checkpoint.root);
    if (withdrawn !== undefined) {
      const reason = `has the very files of ${withdrawn.created}, which was withdrawn (${withdrawn.tombstone?.reason ?? ""})`;
      leftOut.push({ name: directory.label, reason });
      return undefined;
    }
    last = index;
    return checkpoint;
  }

  function indexOf(root: Digest | undefined): VersionIndex | undefined {
    if (root === undefined) return undefined;
    return last?.root === root ? last : store.versions.of(repository.name, root);
  }

  async function commit(checkpoint: PreparedCheckpoint): Promise<void> {
    await commitCheckpoint(workspace, repository, checkpoint);
    imported.push(checkpoint.created);
  }

  /** A pruned checkpoint stays pruned. */
  async function compare(directory: PlannedDirectory): Promise<void> {
    const there = historyNow().checkpoints.find(({ created }) => created === directory.at);
    if (there !== undefined && there.tombstone === undefined && !request.skipKnown)
      await checkSame(workspace, reader, directory, there);
    skipped.push(directory.at);
  }
}

function symlinksOf({ remote }: RepositorySettings): DirectoryRemote["symlinks"] {
  return remote?.type === "directory" ? remote.symlinks : "refuse";
}

/** Rules that count backwards from the newest checkpoint may keep none of a shelf. */
function warnOfRetention(workspace: Workspace, repository: RepositorySettings, imported: readonly Timestamp[]): void {
  const fresh = new Set(imported);
  const due = planPrune(workspace, repository).filter(({ keep, checkpoint }) => !keep && fresh.has(checkpoint.created));
  if (due.length === 0) return;
  const what = due.length === 1 ? "1 checkpoint" : `${due.length} checkpoints`;
  workspace.onProgress({
    kind: "warning",
    text: `${repository.name}: by its retain rules the next asof update takes ${what} of the shelf away again; asof prune --dry-run gives the reasons`,
  });
}
