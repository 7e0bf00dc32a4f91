import { Failure } from "../failure.ts";
import type { RepositorySettings } from "../model/config.ts";
import type { ChangeCounts } from "../model/difference.ts";
import { latestVersion, newestKept } from "../model/history.ts";
import type { PulpRemote } from "../model/remote.ts";
import { secondsOf, timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { applyBuild, isEmptyPlan, planBuild, rememberLook } from "./build/build.ts";
import type { TakenCheckpoint } from "./mirror/mirror.ts";
import { mirror } from "./mirror/mirror.ts";
import { asLocalFailure } from "./local-failure.ts";
import { planPrune, warnOfUnknownLabels, writeTombstones } from "./retire/prune.ts";
import { hasNewContent, publish } from "./publish/publish.ts";
import { withdrawnAgain, withdrawnAgainText } from "./publish/withdrawn-again.ts";
import { reconcileSettled } from "./publish/settled.ts";
import { writeStatus } from "./status.ts";
import { sweep } from "./retire/sweep.ts";
import type { SweepResult } from "./retire/sweep.ts";
import { sync } from "./sync/sync.ts";
import type { Workspace } from "./workspace.ts";

export interface UpdateOptions {
  /** Publish a checkpoint whether or not the content changed. */
  readonly always: boolean;
  readonly accept: boolean;
  readonly acceptClock: boolean;
  readonly allowShrink: boolean;
  /** Names of the repositories to update; empty means all. */
  readonly only: readonly string[];
}

export interface UpdateResult {
  readonly repositories: readonly RepositoryUpdate[];
  /** Whether the site changed, `status.json` aside. */
  readonly built: boolean;
  readonly swept: SweepResult;
  /** What the build failed with, after every repository had its turn. */
  readonly failure: Failure | undefined;
}

export interface RepositoryUpdate {
  readonly repository: string;
  readonly outcome: "checkpoint" | "unchanged" | "not-ready" | "failed";
  /** The newest that was made. */
  readonly checkpoint: Timestamp | undefined;
  /** All that a Pulp server had and the repository had not, oldest first: each bears the server's own second. */
  readonly taken: readonly TakenCheckpoint[];
  readonly counts: ChangeCounts | undefined;
  readonly files: number;
  readonly bytes: number;
  /** The horizon, when this run moved it without a checkpoint. */
  readonly horizonMoved: Timestamp | undefined;
  readonly pruned: readonly Timestamp[];
  /** Paths that were there before and came with other bytes. */
  readonly mutated: readonly string[];
  /** The older checkpoint whose very files the source has again. */
  readonly resembles: Timestamp | undefined;
  /** The withdrawn checkpoint whose very files the latest version has: it is not published. */
  readonly withdrawn: Timestamp | undefined;
  /** Why the source is not to be read now, by its own word. */
  readonly notReady: string | undefined;
  readonly failure: Failure | undefined;
}

/**
 * What cron runs: sync, a checkpoint where the content changed, tombstones, build, sweep. Each repository is a transaction of its own: one that fails is reported and does
 * not stop the others.
 */
export async function update(workspace: Workspace, options: UpdateOptions): Promise<UpdateResult> {
  const repositories: RepositoryUpdate[] = [];
  for (const repository of workspace.config.repositories) {
    if (options.only.length > 0 && !options.only.includes(repository.name)) continue;
    repositories.push(await updateOne(workspace, repository, options));
  }
  let built = false;
  let failure: Failure | undefined;
  let swept: SweepResult = { checkpoints: 0, sharedDirectories: 0, objects: 0 };
  try {
    const plan = planBuild(workspace);
    for (const base of plan.departed) {
      workspace.onProgress({
        kind: "warning",
        text: `${base} left the configuration and is still on disk; asof remove takes it away`,
      });
    }
    for (const text of plan.warnings) workspace.onProgress({ kind: "warning", text });
    built = !isEmptyPlan(plan);
    if (built) await applyBuild(workspace, plan);
    else rememberLook(plan);
    // What a failed sync fetched is unreachable yet and wanted by the next run.
    swept = await sweep(workspace, { keepObjects: repositories.some((one) => one.failure !== undefined) });
  } catch (error) {
    failure = failureOf(error);
  }
  writeStatus(
    workspace,
    repositories.map(({ repository, failure: { code } = {}, notReady }) => ({
      repository,
      failureCode: code,
      wasRead: code === undefined && notReady === undefined,
    })),
  );
  return { repositories, built, swept, failure };
}

async function updateOne(
  workspace: Workspace,
  repository: RepositorySettings,
  options: UpdateOptions,
): Promise<RepositoryUpdate> {
  const { store } = workspace;
  const name = repository.name;
  try {
    reconcileSettled(workspace, repository, options.accept);
    if (repository.remote?.type === "pulp") return await mirrorOne(workspace, repository, repository.remote, options);
    const synced = repository.remote === undefined ? undefined : await sync(workspace, repository, options);
    const content = synced?.ready === true ? synced : undefined;
    const notReady = synced?.ready === false ? synced.reason : undefined;
    const history = store.repository(name)?.history;
    const wanted = history === undefined ? content !== undefined : hasNewContent(workspace, repository, history);
    const withdrawn = history === undefined ? undefined : withdrawnAgain(workspace, history);
    // Once: a job that says the same every ten minutes is not read any more.
    if (withdrawn !== undefined && content?.changed === true)
      workspace.onProgress({ kind: "warning", text: withdrawnAgainText(name, withdrawn) });
    const publication =
      wanted || (options.always && notReady === undefined && withdrawn === undefined)
        ? await publish(workspace, repository, { checkpoint: true, acceptClock: options.acceptClock, accept: false })
        : undefined;
    const horizonMoved =
      publication === undefined && content !== undefined
        ? moveHorizon(workspace, repository, content.began)
        : undefined;
    warnOfUnknownLabels(workspace, repository);
    const plan = planPrune(workspace, repository);
    writeTombstones(workspace, repository, plan);
    const recorded = store.repository(name)?.history;
    const version = recorded === undefined ? undefined : latestVersion(recorded);
    return {
      repository: name,
      outcome: publication !== undefined ? "checkpoint" : notReady === undefined ? "unchanged" : "not-ready",
      checkpoint: publication?.created,
      taken: [],
      counts: publication,
      files: version?.files ?? 0,
      bytes: version?.bytes ?? 0,
      horizonMoved,
      pruned: plan.flatMap((decision) => (decision.keep ? [] : [decision.checkpoint.created])),
      mutated: content?.mutated ?? [],
      resembles: content?.resembles,
      withdrawn: withdrawn?.created,
      notReady,
      failure: undefined,
    };
  } catch (error) {
    return { ...unread(name), outcome: "failed", failure: failureOf(error) };
  }
}

/** A repository of which nothing was found out. */
function unread(repository: string): Omit<RepositoryUpdate, "outcome"> {
  return {
    repository,
    checkpoint: undefined,
    taken: [],
    counts: undefined,
    files: 0,
    bytes: 0,
    horizonMoved: undefined,
    pruned: [],
    mutated: [],
    resembles: undefined,
    withdrawn: undefined,
    notReady: undefined,
    failure: undefined,
  };
}

/** The same for a Pulp server, whose checkpoints are taken as they are: none is made here. */
async function mirrorOne(
  workspace: Workspace,
  repository: RepositorySettings,
  remote: PulpRemote,
  options: UpdateOptions,
): Promise<RepositoryUpdate> {
  const { name } = repository;
  const { taken, followed, horizon, failure } = await mirror(workspace, repository, remote, options);
  const newest = taken.at(-1);
  const horizonMoved = failure === undefined ? moveHorizon(workspace, repository, horizon) : undefined;
  warnOfUnknownLabels(workspace, repository);
  const plan = planPrune(workspace, repository);
  writeTombstones(workspace, repository, plan);
  const history = workspace.store.repository(name)?.history;
  const shown = history && newestKept(history);
  return {
    ...unread(name),
    outcome: failure !== undefined ? "failed" : newest === undefined ? "unchanged" : "checkpoint",
    checkpoint: newest?.at,
    taken,
    counts: newest?.counts,
    files: shown?.files ?? 0,
    bytes: shown?.bytes ?? 0,
    horizonMoved,
    pruned: [...followed, ...plan.flatMap((decision) => (decision.keep ? [] : [decision.checkpoint.created]))],
    failure,
  };
}

/** The failure that `error` is, so that the other repositories have their turn; a bug or an interruption goes on up. */
function failureOf(error: unknown): Failure {
  const failure = asLocalFailure(error);
  if (failure instanceof Failure) return failure;
  throw error;
}

/**
 * A run that read the source without error and found nothing new settles the answers up to the second at which it began reading, at most once in a horizon step: every move
 * costs a log line and a reload.
 */
function moveHorizon(workspace: Workspace, repository: RepositorySettings, began: Timestamp): Timestamp | undefined {
  const horizon = workspace.store.repository(repository.name)?.history.horizon;
  if (horizon === undefined || secondsOf(began) - secondsOf(horizon) < repository.horizonStepSeconds) return undefined;
  workspace.store.append(repository.name, [
    { type: "horizon", at: timestampFromSeconds(workspace.clock.now()), horizon: began },
  ]);
  return began;
}
