import { applyBuild, planBuild } from "../../operations/build.ts";
import { planPrune, writeTombstones } from "../../operations/prune.ts";
import { sweep } from "../../operations/sweep.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspace, repositoriesNamed } from "../../operations/workspace.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import type { RepositorySettings } from "../../model/config.ts";

export const prune: Command = defineCommand({
  positionals: { repositories: { description: "Repositories to prune (default: all)", many: true } },
  options: { ...dryRunOption, ...waitOption },
  description:
    "Applies the retention rule. A pruned checkpoint leaves a tombstone and answers 410; its files go when the web server has known the new rules for the grace time.",
  examples: [{ line: "asof prune --dry-run", does: "show each checkpoint with the reason that keeps it or not" }],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const repositories = repositoriesNamed(config, options.repositories);
    const plan = (workspace: Workspace) =>
      repositories.map((repository) => ({ repository, decisions: planPrune(workspace, repository) }));
    const world = workspaceOptions(context, config);
    const plans = options.dryRun
      ? plan(openWorkspace(world))
      : await withWriter({ ...world, purpose: "prune", waitSeconds: options.wait }, async (workspace) => {
          const decided = plan(workspace);
          for (const { repository, decisions } of decided) writeTombstones(workspace, repository, decisions);
          await applyBuild(workspace, planBuild(workspace));
          await sweep(workspace);
          return decided;
        });
    context.print(pruneReport(plans));
  },
});

type Plans = readonly {
  readonly repository: RepositorySettings;
  readonly decisions: ReturnType<typeof planPrune>;
}[];

function pruneReport(plans: Plans): { text: () => string; json: () => object } {
  return {
    text: () =>
      plans
        .flatMap(({ repository, decisions }) =>
          decisions.map(
            ({ checkpoint, keep, reason }) =>
              `${repository.name} ${checkpoint.created} ${keep ? "keep  " : "remove"} ${reason}\n`,
          ),
        )
        .join(""),
    json: () => ({
      repositories: plans.map(({ repository, decisions }) => ({
        repository: repository.name,
        checkpoints: decisions.map(({ checkpoint, keep, reason }) => ({ time: checkpoint.created, keep, reason })),
      })),
    }),
  };
}
