import type { RepositorySettings } from "../model/config.ts";
import { keptCheckpoints } from "../model/history.ts";
import { applyRetention } from "../model/retention.ts";
import type { RetentionDecision } from "../model/retention.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import type { Workspace } from "./workspace.ts";

/** What the repository's policy says about each of its kept checkpoints, oldest first. Reads only. */
export function planPrune(workspace: Workspace, repository: RepositorySettings): readonly RetentionDecision[] {
  const history = workspace.store.repository(repository.name)?.history;
  return history === undefined ? [] : applyRetention(repository.retain, keptCheckpoints(history));
}

/** Writes the tombstones that a plan asks for. Nothing is deleted here: pages and rules go first, and the sweep follows after the grace time. */
export function writeTombstones(
  workspace: Workspace,
  repository: RepositorySettings,
  plan: readonly RetentionDecision[],
): void {
  const at = timestampFromSeconds(workspace.clock.now());
  const events = plan
    .filter((decision) => !decision.keep)
    .map(({ checkpoint, reason }) => ({ type: "tombstone", at, checkpoint: checkpoint.created, reason }) as const);
  if (events.length > 0) workspace.store.append(repository.name, events);
}
