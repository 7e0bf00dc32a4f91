import { shownSafely } from "../../model/shown-safely.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../build/build.ts";
import type { LostRepository } from "../build/site-record.ts";
import { sweep } from "../retire/sweep.ts";
import { withWriter } from "../with-writer.ts";
import type { Workspace, WorkspaceOptions } from "../workspace.ts";
import { adopt, planAdoption } from "./adopt.ts";
import type { AdoptionPlan } from "./adopt.ts";
import { linkPool } from "./link-pool.ts";
import { checkLostUntil, isLostUntil, loseHistory } from "./lose-history.ts";
import { findLostRemovals } from "./lost-removals.ts";
import type { LostRemovals } from "./lost-removals.ts";
import { lostRepositories } from "./plan-recovery.ts";

/** How a state that is older than its site goes on. */
export interface RecoveryPlan {
  readonly lost: readonly LostRepository[];
  /** What the site gives back of each of them; none where it is given up. */
  readonly adoptions: readonly AdoptionPlan[];
  /** Withdrawals and take-downs of each of them that stay in force; none where all is taken back. */
  readonly losses: readonly LostRemovals[];
}

/** Takes back what the state lost, or gives it up until a second; then builds the site, and removes what no rule leads to any more. Throws what `planRecovery` throws. */
export async function recover(
  options: WorkspaceOptions & { readonly waitSeconds: number },
  until: Timestamp | undefined,
): Promise<RecoveryPlan> {
  const work = { ...options, purpose: "recover" };
  const plan = await withWriter({ ...work, recovering: true }, async (workspace) => {
    const planned = planRecovery(workspace, until);
    if (until !== undefined) {
      await linkPool(workspace);
      await loseHistory(workspace, planned.losses, until);
    }
    for (const one of planned.adoptions) await adopt(workspace, one);
    await rebuild(workspace);
    return planned;
  });
  // Opened again, as every run after this one will find it.
  await withWriter(work, async (workspace) => {
    await rebuild(workspace);
    await sweep(workspace);
  });
  return plan;
}

/**
 * Reads only. Throws USAGE where nothing is lost, and for a second that cannot end what is; HISTORY_BEHIND_SITE where the site does not have what would be taken back. Warns where nobody knows what was
 * withdrawn and taken down since the backup.
 */
export function planRecovery(workspace: Workspace, until: Timestamp | undefined): RecoveryPlan {
  const lost = lostRepositories(workspace);
  if (until === undefined) return { lost, adoptions: lost.map((one) => planAdoption(workspace, one)), losses: [] };
  checkLostUntil(workspace, lost, until);
  const losses = lost.map((one) => findLostRemovals(workspace, one));
  for (const one of losses) {
    // An earlier run that died has said it, and may have put a log of its own in the place of the one that was published.
    if (isLostUntil(workspace.store.repository(one.repository)?.history, until)) continue;
    for (const text of warningsAbout(one)) workspace.onProgress({ kind: "warning", text });
  }
  return { lost, adoptions: [], losses };
}

/** What may be served again although it was removed. */
function* warningsAbout({ repository, withdrawnAndLost, isLogWhole }: LostRemovals): Generator<string> {
  for (const { checkpoint, reason } of withdrawnAndLost) {
    yield `${repository}: ${checkpoint} was withdrawn (${shownSafely(reason, 200)}) and is lost itself; if the source has the same files still, the next asof update publishes them again: take them out of the source, or asof take-down them`;
  }
  if (isLogWhole) return;
  yield `the published log of ${repository} cannot be read to its end: withdrawals and take-downs since the backup may be lost, and what they removed may come back; repeat asof withdraw and asof take-down before the next asof update`;
}

async function rebuild(workspace: Workspace): Promise<void> {
  const plan = planBuild(workspace);
  if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
}
