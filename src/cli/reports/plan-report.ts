import type { Timestamp } from "../../model/timestamp.ts";
import type { UpdatePlan } from "../../operations/plan-update.ts";
import type { CommandResult } from "../command.ts";
import { countsText } from "./quantity.ts";

/** What an update, or a sync, would do. */
export function planReport(
  plans: readonly UpdatePlan[],
  options: { readonly withCheckpoints: boolean },
): CommandResult {
  return {
    text: () => plans.flatMap((plan) => planLines(plan, options.withCheckpoints)).join(""),
    json: () => ({
      dryRun: true,
      repositories: plans.map(({ prune, checkpoint, ...plan }) =>
        options.withCheckpoints
          ? { ...plan, checkpoint, prune: prune.map((decision) => decision.checkpoint.created) }
          : plan,
      ),
    }),
  };
}

function planLines(plan: UpdatePlan, withCheckpoints: boolean): readonly string[] {
  const name = plan.repository;
  if (plan.take.length + plan.late.length + plan.waiting.length + plan.followed.length > 0) return mirrorLines(plan);
  const unread = plan.unread === 0 ? "" : `, ${plan.unread} to be read`;
  const lines = [
    plan.notReady === null
      ? `${name}: ${countsText(plan)}${unread}\n`
      : `${name}: not ready: ${plan.notReady}; not to be read\n`,
  ];
  if (!withCheckpoints) return lines;
  lines.push(`${name}: checkpoint: ${plan.checkpoint}\n`);
  return [...lines, ...pruneLines(plan)];
}

function pruneLines({ repository, prune }: UpdatePlan): readonly string[] {
  return prune.map(({ checkpoint, reasons }) => `${repository}: prune ${checkpoint.created} (${reasons.join(", ")})\n`);
}

/** What a Pulp server has. */
function mirrorLines(plan: UpdatePlan): readonly string[] {
  const line = (at: Timestamp, what: string): string => `${plan.repository}: ${at} ${what}\n`;
  return [
    ...plan.late.map((at) => line(at, "came after that second was settled: not to be taken")),
    ...plan.take.map((at) => line(at, "to be taken")),
    ...plan.waiting.map((at) => line(at, "has to wait: Pulp may still put one before it")),
    ...plan.followed.map((at) => line(at, "is to be pruned: Pulp has it no more")),
    ...pruneLines(plan),
  ];
}
