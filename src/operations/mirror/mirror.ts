import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { ChangeCounts } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import { emptyHistory, keptCheckpoints } from "../../model/history.ts";
import type { PulpRemote } from "../../model/remote.ts";
import { addSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { PulpCheckpoint } from "../../sources/pulp-checkpoint.ts";
import type { PulpServer } from "../../sources/pulp-server.ts";
import { SourceNotReady } from "../../sources/source.ts";
import { commitCheckpoint } from "../import/commit-checkpoint.ts";
import { openWithdrawnCheck } from "../import/prepare-checkpoint.ts";
import type { PreparedCheckpoint } from "../import/prepare-checkpoint.ts";
import { checkClock } from "../publish/clock.ts";
import { promisedSettled } from "../publish/settled.ts";
import type { Workspace } from "../workspace.ts";
import { openServer } from "./open-server.ts";
import { prepareMirrored } from "./prepare-mirrored.ts";
import { planMirror } from "./plan-mirror.ts";
import type { MirrorPlan } from "./plan-mirror.ts";
import { followRetention } from "./follow-retention.ts";
import { openTaken } from "./taken-checkpoints.ts";

export interface MirrorOptions {
  readonly acceptClock: boolean;
  readonly allowShrink: boolean;
}

export interface TakenCheckpoint {
  readonly at: Timestamp;
  readonly files: number;
  readonly bytes: number;
  /** Against the checkpoint before it. */
  readonly counts: ChangeCounts;
}

export interface MirrorResult {
  /** Oldest first. */
  readonly taken: readonly TakenCheckpoint[];
  /** Pruned because Pulp has them no more. */
  readonly followed: readonly Timestamp[];
  /** Up to which second Pulp can add nothing any more, and everything was taken. */
  readonly horizon: Timestamp;
  /** What ended it, after what is in `taken` was recorded. */
  readonly failure: Failure | undefined;
}

/**
 * Takes every checkpoint that a Pulp server has and this mirror has not, oldest first but for those of `takeEarly`, each under Pulp's own second: a transaction each, so that a run that dies goes on with the first one that is not recorded.
 * With settled answers the first that cannot be taken ends it, because what comes after would settle the answers before.
 */
export async function mirror(
  workspace: Workspace,
  repository: RepositorySettings,
  remote: PulpRemote,
  options: MirrorOptions,
): Promise<MirrorResult> {
  const { store, clock, signal, onProgress } = workspace;
  const { name } = repository;
  const server = openServer(workspace, repository, remote);
  const look = await server.look(signal);
  if (!options.acceptClock) checkClock(undefined, clock.now(), look.serverSeconds);
  const settled = promisedSettled(workspace, name);
  const known = openTaken(workspace, name, remote);
  const plan = planMirror(store.repository(name)?.history, look, { settled, taken: known.checkpoints });
  reportPlan(workspace, name, plan);

  const early = await takeEarly(workspace, repository, server, plan, settled);
  const taken: TakenCheckpoint[] = [...early.taken];
  let { horizon } = plan;
  let { failure } = early;
  for (const checkpoint of plan.take.slice(plan.early)) {
    const read = await readOne(workspace, repository, server, checkpoint, rootBefore(workspace, name, checkpoint));
    if ("root" in read) {
      taken.push(await recordOne(workspace, repository, read));
      onProgress({
        kind: "note",
        text: `${name}: ${checkpoint.second} taken, ${taken.length} of ${plan.take.length}`,
      });
      continue;
    }
    failure ??= read.failure;
    const before = addSeconds(checkpoint.second, -1);
    if (before < horizon) horizon = before;
    if (settled) break;
  }
  try {
    const followed = remote.followRetention
      ? followRetention(workspace, name, plan.gone, known.checkpoints, options)
      : [];
    known.remember(look.checkpoints);
    return { taken, followed, horizon, failure: failure ?? lateFailure(name, plan) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { taken, followed: [], horizon, failure: failure ?? error };
  }
}

/** What is worth a line before anything is fetched. */
function reportPlan({ onProgress }: Workspace, name: string, { waiting, begun, take }: MirrorPlan): void {
  if (take.length > 1) onProgress({ kind: "note", text: `${name}: ${take.length} checkpoints to take` });
  if (begun === undefined) return;
  const others = waiting.length === 0 ? "" : `; ${waiting.length} that were begun after it wait for it`;
  onProgress({ kind: "warning", text: `${name}: Pulp is still making ${begun}${others}` });
}

/** What came after its second was settled would change answers that clients may keep for ever. */
function lateFailure(name: string, { late, replaced }: MirrorPlan): Failure | undefined {
  const [first] = late;
  if (first !== undefined) {
    const others = late.length === 1 ? "" : ` and ${late.length - 1} more`;
    return new Failure(
      "SOURCE_LATE",
      `${name}: checkpoint ${first}${others} came after that second was settled, and was not taken`,
      {
        hint: "settled: false takes such checkpoints: answers of the past then change (asof update --accept, once)",
        details: late,
      },
    );
  }
  const [other] = replaced;
  if (other === undefined) return undefined;
  return new Failure(
    "SOURCE_LATE",
    `${name}: Pulp has another publication for ${other} than the one that was taken; the checkpoint stays as it is`,
    {
      hint: "a checkpoint never changes; asof withdraw takes it away, if it must not be served",
      details: replaced,
    },
  );
}

/**
 * Takes what comes before the first checkpoint ever made here: read oldest first, recorded newest first, so that a run that dies leaves the rest before the first one still. With settled answers nothing
 * before one that cannot be had is taken: it would settle that one's second.
 */
async function takeEarly(
  workspace: Workspace,
  repository: RepositorySettings,
  server: PulpServer,
  { take, early }: MirrorPlan,
  settled: boolean,
): Promise<Pick<MirrorResult, "taken" | "failure">> {
  let ready: PreparedCheckpoint[] = [];
  let failure: Failure | undefined;
  for (const checkpoint of take.slice(0, early)) {
    const read = await readOne(workspace, repository, server, checkpoint, ready.at(-1)?.root);
    if ("root" in read) {
      ready.push(read);
      continue;
    }
    failure ??= read.failure;
    if (settled) ready = [];
  }
  const taken: TakenCheckpoint[] = [];
  for (const read of ready.toReversed()) taken.unshift(await recordOne(workspace, repository, read));
  return { taken, failure };
}

function rootBefore({ store }: Workspace, name: string, { second }: PulpCheckpoint): Digest | undefined {
  const kept = keptCheckpoints(store.repository(name)?.history ?? emptyHistory);
  return kept.findLast(({ created }) => created < second)?.root;
}

/** Everything of a checkpoint but its line in the log; without a failure it is left for the next run. */
async function readOne(
  workspace: Workspace,
  repository: RepositorySettings,
  server: PulpServer,
  checkpoint: PulpCheckpoint,
  previous: Digest | undefined,
): Promise<PreparedCheckpoint | { readonly failure: Failure | undefined }> {
  const { signal, onProgress } = workspace;
  signal.throwIfAborted();
  try {
    const source = server.open(checkpoint);
    const prepared = await prepareMirrored(workspace, repository, source, checkpoint.second, previous);
    await source.remember(prepared.root);
    return prepared;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceNotReady) {
      onProgress({ kind: "warning", text: `${repository.name}: ${error.message}; left for the next run` });
      return { failure: undefined };
    }
    if (error instanceof Failure && error.code.startsWith("SOURCE_")) return { failure: error };
    throw error;
  }
}

async function recordOne(
  workspace: Workspace,
  repository: RepositorySettings,
  prepared: PreparedCheckpoint,
): Promise<TakenCheckpoint> {
  const { store, onProgress } = workspace;
  const { name } = repository;
  const withdrawn = openWithdrawnCheck(workspace, store.repository(name)?.history.checkpoints ?? [])(prepared.root);
  const counts = await commitCheckpoint(workspace, repository, { ...prepared, withdrawn });
  if (withdrawn !== undefined) {
    const text = `${name}: ${prepared.created} has the very files of ${withdrawn.created}, which was withdrawn, and is withdrawn as well`;
    onProgress({ kind: "warning", text });
  }
  const { created, files, bytes } = prepared;
  return { at: created, files, bytes, counts };
}
