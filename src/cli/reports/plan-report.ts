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
  const unread = plan.unread === 0 ? "" : `, ${plan.unread} to be read`;
  const lines = [
    plan.notReady === null
      ? `${name}: ${countsText(plan)}${unread}\n`
      : `${name}: not ready: ${plan.notReady}; not to be read\n`,
  ];
  if (!withCheckpoints) return lines;
  lines.push(`${name}: checkpoint: ${plan.checkpoint}\n`);
  for (const { checkpoint, reasons } of plan.prune)
    lines.push(`${name}: prune ${checkpoint.created} (${reasons.join(", ")})\n`);
  return lines;
}
