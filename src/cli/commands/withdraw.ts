import { repositoryServedAs } from "../../operations/named-checkpoint.ts";
import { planWithdrawal, withdraw as withdrawOperation } from "../../operations/retire/withdraw.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { withdrawReport } from "../reports/withdraw-report.ts";

export const withdraw: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a distribution of it", required: true },
    time: {
      description: "Checkpoint, in any form that asof resolve takes; a date alone is its first second",
      required: true,
    },
  },
  options: {
    reason: { kind: "text", description: "One line for everybody who asks for it", required: true },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "Takes away a checkpoint that must not be served any more, the newest included, whatever labels it has. It answers 410 with the reason, and its files go as soon as the web server has the new rules: there is no grace time. " +
    "Says where content of it is served still; asof take-down removes single contents from everywhere.",
  examples: [
    { line: 'asof withdraw myfile latest --reason "holds a private key"', does: "take the newest checkpoint back" },
  ],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const request = {
      repository: repositoryServedAs(config, options.repository),
      time: options.time,
      reason: options.reason,
    };
    if (options.dryRun) {
      context.print(withdrawReport(planWithdrawal(openWorkspaceIfAny(world), request), undefined));
      return;
    }
    const { withdrawal, swept } = await withWriter(
      { ...world, purpose: "withdraw", waitSeconds: options.wait },
      (workspace) => withdrawOperation(workspace, request),
    );
    context.print(withdrawReport(withdrawal, swept));
  },
});
