import type { Timestamp } from "../../model/timestamp.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../build/build.ts";
import type { LostRepository } from "../build/site-record.ts";
import { sweep } from "../retire/sweep.ts";
import { withWriter } from "../with-writer.ts";
import type { Workspace, WorkspaceOptions } from "../workspace.ts";
import { adopt, planAdoption } from "./adopt.ts";
import type { AdoptionPlan } from "./adopt.ts";
import { linkPool } from "./link-pool.ts";
import { checkLostUntil, loseHistory } from "./lose-history.ts";
import { lostRepositories } from "./plan-recovery.ts";

/** How a state that is older than its site goes on. */
export interface RecoveryPlan {
  readonly lost: readonly LostRepository[];
  /** What the site gives back of each of them; none where it is given up. */
  readonly adoptions: readonly AdoptionPlan[];
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
      await loseHistory(workspace, planned.lost, until);
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

/** Reads only. Throws USAGE where nothing is lost, and for a second that cannot end what is; HISTORY_BEHIND_SITE where the site does not have what would be taken back. */
export function planRecovery(workspace: Workspace, until: Timestamp | undefined): RecoveryPlan {
  const lost = lostRepositories(workspace);
  if (until === undefined) return { lost, adoptions: lost.map((one) => planAdoption(workspace, one)) };
  checkLostUntil(workspace, lost, until);
  return { lost, adoptions: [] };
}

async function rebuild(workspace: Workspace): Promise<void> {
  const plan = planBuild(workspace);
  if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
}
