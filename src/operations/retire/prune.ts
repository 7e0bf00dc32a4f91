import type { RepositorySettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { applyRetention, unknownLabels } from "../../model/retention.ts";
import type { RetentionDecision } from "../../model/retention.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import { applyBuild, planBuild } from "../build/build.ts";
import { nextChangesWithout } from "../publish/next-changes.ts";
import { sweep } from "./sweep.ts";
import type { SweepResult } from "./sweep.ts";
import type { Workspace } from "../workspace.ts";

/** What the policy of a repository says about each of its kept checkpoints. */
export interface PrunePlan {
  readonly repository: RepositorySettings;
  /** Oldest first. */
  readonly decisions: readonly RetentionDecision[];
}

/**
 * Applies the retention rules: tombstones first, then lists, rules and reload, and what the grace time leaves of the sweep. What is due to go already goes before anything is written, so that
 * a full disk has room for what follows.
 */
export async function prune(
  workspace: Workspace,
  repositories: readonly RepositorySettings[],
): Promise<{ readonly plans: readonly PrunePlan[]; readonly swept: SweepResult }> {
  const early = await sweep(workspace);
  const plans = repositories.map((repository) => {
    warnOfUnknownLabels(workspace, repository);
    return { repository, decisions: planPrune(workspace, repository) };
  });
  for (const { repository, decisions } of plans) writeTombstones(workspace, repository, decisions);
  await applyBuild(workspace, planBuild(workspace));
  const late = await sweep(workspace);
  return {
    plans,
    swept: {
      checkpoints: early.checkpoints + late.checkpoints,
      sharedDirectories: early.sharedDirectories + late.sharedDirectories,
      objects: early.objects + late.objects,
    },
  };
}

/** What the policy says about each kept checkpoint, oldest first: the plan that `prune` and `update` carry out. Reads only. */
export function planPrune(workspace: Workspace, repository: RepositorySettings): readonly RetentionDecision[] {
  const history = workspace.store.repository(repository.name)?.history;
  return history === undefined ? [] : applyRetention(repository.retain, keptCheckpoints(history));
}

/** Said before a plan is carried out, and with every run: a label that was misspelt lets the very checkpoint go that it was to keep. */
export function warnOfUnknownLabels(
  { store, onProgress }: Pick<Workspace, "store" | "onProgress">,
  { name, retain }: RepositorySettings,
): void {
  const history = store.repository(name)?.history;
  const unknown = history === undefined ? [] : unknownLabels(retain, keptCheckpoints(history));
  if (unknown.length === 0) return;
  const text = `repositories.${name}.retain.labels names ${unknown.join(", ")}, and no checkpoint of ${name} has such a label; asof list ${name} shows those that there are`;
  onProgress({ kind: "warning", text });
}

/** Writes the tombstones that a plan asks for, as one write. Nothing is deleted here: pages and rules go first, and the sweep follows after the grace time. */
export function writeTombstones(
  workspace: Workspace,
  repository: RepositorySettings,
  decisions: readonly RetentionDecision[],
): void {
  const at = timestampFromSeconds(workspace.clock.now());
  const { store } = workspace;
  const due = decisions.filter((decision) => !decision.keep);
  if (due.length === 0) return;
  const kept = decisions.map(({ checkpoint }) => checkpoint);
  const gone = new Set(due.map(({ checkpoint }) => checkpoint.created));
  const changes = nextChangesWithout(kept, gone, (digest) => store.tree(digest));
  const events = due.map(
    ({ checkpoint: { created }, reasons }) =>
      ({ type: "tombstone", at, checkpoint: created, reason: reasons.join(", "), next: changes.get(created) }) as const,
  );
  store.append(repository.name, events);
}
