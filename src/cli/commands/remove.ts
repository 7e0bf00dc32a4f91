import { applyBuild, isEmptyPlan, planBuild } from "../../operations/build/build.ts";
import { findDeparted, removeDistribution } from "../../operations/retire/remove.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";

export const remove: Command = defineCommand({
  positionals: { distribution: { description: "Distribution that left the configuration", required: true } },
  options: { ...dryRunOption, ...waitOption },
  description:
    "Takes away what is left on disk of a distribution that is no longer configured. The history and content of its repository stay in the state.",
  examples: [{ line: "asof remove old-snapshots", does: "after it was taken out of asof.yaml" }],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    if (options.dryRun) {
      const { basePath } = findDeparted(openWorkspace(workspaceOptions(context, config)), options.distribution);
      context.print({
        text: () => `would remove ${basePath}\n`,
        json: () => ({ dryRun: true, distribution: options.distribution, basePath }),
      });
      return;
    }
    const { basePath } = await withWriter(
      { ...workspaceOptions(context, config), purpose: "remove", waitSeconds: options.wait },
      async (workspace) => {
        findDeparted(workspace, options.distribution);
        // Pages and rules go first: no running server leads to what is taken away.
        const first = planBuild(workspace);
        if (!isEmptyPlan(first)) await applyBuild(workspace, first);
        const done = await removeDistribution(workspace, options.distribution);
        const plan = planBuild(workspace);
        if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
        return done;
      },
    );
    context.print({
      text: () => `removed ${basePath}\n`,
      json: () => ({ distribution: options.distribution, basePath }),
    });
  },
});
