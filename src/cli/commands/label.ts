import { label as labelOperation, planLabel } from "../../operations/label.ts";
import type { LabelPlan } from "../../operations/label.ts";
import { repositoryServedAs } from "../../operations/named-checkpoint.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";

export const label: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a distribution of it", required: true },
    time: {
      description: "Checkpoint, in any form that asof resolve takes; a date alone is its first second",
      required: true,
    },
    label: { description: "1 to 64 of A-Z a-z 0-9 . _ -", required: true },
  },
  options: { remove: { kind: "flag", description: "Take the label away" }, ...dryRunOption, ...waitOption },
  description:
    "Gives a checkpoint a label, which pages and asof list show, and which keeps it when others are pruned. A checkpoint may have several labels, and several checkpoints the same one.",
  examples: [
    {
      line: "asof label myfile latest release-1",
      does: "keep the newest checkpoint, whatever the retention rules say",
    },
    { line: "asof label --remove myfile 20250318T140338Z release-1", does: "leave it to the rules again" },
  ],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const request = { ...options, repository: repositoryServedAs(config, options.repository).name };
    const plan = options.dryRun
      ? planLabel(openWorkspaceIfAny(world), request)
      : await withWriter({ ...world, purpose: "label", waitSeconds: options.wait }, (workspace) =>
          labelOperation(workspace, request),
        );
    context.print({
      text: () => `${plan.repository} ${plan.checkpoint.created} ${outcome(plan, options.dryRun)}\n`,
      json: () => ({
        dryRun: options.dryRun,
        repository: plan.repository,
        checkpoint: plan.checkpoint.created,
        label: plan.label,
        remove: plan.remove,
        changed: plan.changes,
      }),
    });
  },
});

function outcome({ changes, remove, label: name }: LabelPlan, isDryRun: boolean): string {
  if (!changes) return `has the label ${name} already`;
  const would = isDryRun ? "would " : "";
  if (remove) return `${would}${isDryRun ? "lose" : "loses"} the label ${name}`;
  return `${would}${isDryRun ? "get" : "gets"} the label ${name}`;
}
