import { planPrune, prune as pruneOperation, warnOfUnknownLabels } from "../../operations/retire/prune.ts";
import type { PrunePlan } from "../../operations/retire/prune.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoriesNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command, CommandResult } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";

export const prune: Command = defineCommand({
  positionals: { repositories: { description: "Repositories to prune (default: all)", many: true } },
  options: { ...dryRunOption, ...waitOption },
  description:
    "Applies the retention rules, and prints each checkpoint with everything that keeps it, or why it goes. A pruned checkpoint leaves a tombstone and answers 410; its files go when the web server has known the new rules for the grace time.",
  examples: [{ line: "asof prune --dry-run", does: "show each checkpoint with the reasons that keep it or not" }],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const repositories = repositoriesNamed(config, options.repositories);
    const world = workspaceOptions(context, config);
    if (options.dryRun) {
      const workspace = openWorkspaceIfAny(world);
      for (const repository of repositories) warnOfUnknownLabels(workspace, repository);
      const plans = repositories.map((repository) => ({ repository, decisions: planPrune(workspace, repository) }));
      context.print(pruneReport(plans, true));
      return;
    }
    const { plans } = await withWriter({ ...world, purpose: "prune", waitSeconds: options.wait }, (workspace) =>
      pruneOperation(workspace, repositories),
    );
    context.print(pruneReport(plans, false));
  },
});

function pruneReport(plans: readonly PrunePlan[], dryRun: boolean): CommandResult {
  return {
    text: () =>
      plans
        .flatMap(({ repository, decisions }) =>
          decisions.map(
            ({ checkpoint, keep, reasons }) =>
              `${repository.name} ${checkpoint.created} ${keep ? "keep  " : "remove"} ${reasons.join(", ")}\n`,
          ),
        )
        .join(""),
    json: () => ({
      dryRun,
      repositories: plans.map(({ repository, decisions }) => ({
        repository: repository.name,
        checkpoints: decisions.map(({ checkpoint, keep, reasons }) => ({
          time: checkpoint.created,
          keep,
          reason: reasons.join(", "),
          reasons,
          labels: checkpoint.labels,
        })),
      })),
    }),
  };
}
