import { Failure } from "../failure.ts";
import type { Checkpoint } from "../model/history.ts";
import { labelProblem } from "../model/label.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import { applyBuild, isEmptyPlan, planBuild } from "./build/build.ts";
import { checkpointNamed } from "./named-checkpoint.ts";
import type { Workspace } from "./workspace.ts";

export interface LabelRequest {
  readonly repository: string;
  /** As people write it. */
  readonly time: string;
  readonly label: string;
  readonly remove: boolean;
}

export interface LabelPlan extends LabelRequest {
  readonly checkpoint: Checkpoint;
  /** False when the checkpoint has the label already, or when it is gone already. */
  readonly changes: boolean;
}

/** Gives a kept checkpoint a label, or takes one away, and shows it on the pages. Writes nothing when there is nothing to change. */
export async function label(workspace: Workspace, request: LabelRequest): Promise<LabelPlan> {
  const plan = planLabel(workspace, request);
  if (plan.changes) {
    const at = timestampFromSeconds(workspace.clock.now());
    const type = request.remove ? "unlabel" : "label";
    workspace.store.append(request.repository, [
      { type, at, checkpoint: plan.checkpoint.created, label: request.label },
    ]);
  }
  // Also where an earlier run died between its line and the pages.
  const build = planBuild(workspace);
  if (!isEmptyPlan(build)) await applyBuild(workspace, build);
  return plan;
}

/** Reads only. Throws USAGE for a label that is none, a checkpoint that is not there, and a label that the checkpoint does not have. */
export function planLabel(workspace: Workspace, request: LabelRequest): LabelPlan {
  const problem = request.remove ? undefined : labelProblem(request.label);
  if (problem !== undefined) throw new Failure("USAGE", `${JSON.stringify(request.label)} ${problem}`);
  const { checkpoint } = checkpointNamed(workspace, request.repository, request.time);
  const { created, labels, tombstone } = checkpoint;
  if (tombstone !== undefined) {
    throw new Failure("USAGE", `checkpoint ${created} of ${request.repository} is gone: ${tombstone.reason}`, {
      hint: "only a checkpoint that is kept has labels",
    });
  }
  const has = labels.includes(request.label);
  if (request.remove && !has) {
    throw new Failure("USAGE", `checkpoint ${created} of ${request.repository} has no label ${request.label}`, {
      hint: labels.length === 0 ? "it has none" : `it has ${labels.join(", ")}`,
    });
  }
  return { ...request, checkpoint, changes: has === request.remove };
}
