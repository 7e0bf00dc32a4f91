import { Failure } from "../failure.ts";
import type { RepositorySettings } from "../model/config.ts";
import type { ChangeCounts } from "../model/difference.ts";
import { secondsOf, timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { applyBuild, isEmptyPlan, planBuild } from "./build.ts";
import { asLocalFailure } from "./local-failure.ts";
import { planPrune, writeTombstones } from "./prune.ts";
import { hasNewContent, publish } from "./publish.ts";
import { reconcileSettled } from "./settled.ts";
import { writeStatus } from "./status.ts";
import { sweep } from "./sweep.ts";
import type { SweepResult } from "./sweep.ts";
import { sync } from "./sync.ts";
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
  readonly outcome: "checkpoint" | "unchanged" | "failed";
  readonly checkpoint: Timestamp | undefined;
  readonly counts: ChangeCounts | undefined;
  readonly files: number;
  readonly bytes: number;
  /** The horizon, when this run moved it without a checkpoint. */
  readonly horizonMoved: Timestamp | undefined;
  readonly pruned: readonly Timestamp[];
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
    // What a failed sync fetched is unreachable yet and wanted by the next run.
    swept = await sweep(workspace, { keepObjects: repositories.some((one) => one.failure !== undefined) });
  } catch (error) {
    failure = failureOf(error);
  }
  writeStatus(
    workspace,
    repositories.map((one) => ({ repository: one.repository, failureCode: one.failure?.code })),
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
    const began =
      repository.remote === undefined
        ? timestampFromSeconds(workspace.clock.now())
        : (await sync(workspace, repository, options)).began;
    const synced = store.repository(name)?.history;
    const wanted = synced === undefined ? repository.remote !== undefined : hasNewContent(repository, synced);
    const publication =
      wanted || options.always
        ? await publish(workspace, repository, { checkpoint: true, acceptClock: options.acceptClock })
        : undefined;
    const horizonMoved =
      publication === undefined && repository.remote !== undefined
        ? moveHorizon(workspace, repository, began)
        : undefined;
    const plan = planPrune(workspace, repository);
    writeTombstones(workspace, repository, plan);
    const version = store.repository(name)?.history.versions.at(-1);
    return {
      repository: name,
      outcome: publication === undefined ? "unchanged" : "checkpoint",
      checkpoint: publication?.created,
      counts: publication,
      files: version?.files ?? 0,
      bytes: version?.bytes ?? 0,
      horizonMoved,
      pruned: plan.flatMap((decision) => (decision.keep ? [] : [decision.checkpoint.created])),
      failure: undefined,
    };
  } catch (error) {
    const failure = failureOf(error);
    return {
      repository: name,
      outcome: "failed",
      checkpoint: undefined,
      counts: undefined,
      files: 0,
      bytes: 0,
      horizonMoved: undefined,
      pruned: [],
      failure,
    };
  }
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
