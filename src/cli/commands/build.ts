import { applyBuild, isEmptyPlan, planBuild, rememberLook } from "../../operations/build/build.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { buildReport } from "../reports/build-report.ts";

export const build: Command = defineCommand({
  positionals: {},
  options: { ...dryRunOption, ...waitOption },
  description:
    "Makes public/ and rules/ what the state and the configuration say: missing checkpoints, pages after a change of theme, rules, lists. Publishes nothing. " +
    "public/ and rules/ may be lost: this makes them again.",
  examples: [{ line: "asof build --dry-run", does: "show what would be written" }],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const plan = options.dryRun
      ? planBuild(openWorkspace(world))
      : await withWriter({ ...world, purpose: "build", waitSeconds: options.wait }, async (workspace) => {
          const made = planBuild(workspace);
          if (isEmptyPlan(made)) rememberLook(made);
          else await applyBuild(workspace, made);
          return made;
        });
    for (const base of plan.departed)
      context.terminal.err(
        `asof: warning: ${base} left the configuration and is still on disk; asof remove takes it away\n`,
      );
    for (const text of plan.warnings) context.terminal.err(`asof: warning: ${text}\n`);
    context.print(buildReport(plan, config));
  },
});
