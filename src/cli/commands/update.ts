import { planUpdate } from "../../operations/plan-update.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoriesNamed } from "../../operations/workspace.ts";
import { update as updateOperation } from "../../operations/update.ts";
import { watchUpdates } from "../../operations/preview/watch-updates.ts";
import { warnOfUnknownLabels } from "../../operations/retire/prune.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { errorText, reportOf } from "../error-report.ts";
import { workspaceOptions } from "../operate.ts";
import { acceptClockOption, allowShrinkOption, dryRunOption, waitOption } from "../options.ts";
import { planReport } from "../reports/plan-report.ts";
import { updateExitCode, updateReport } from "../reports/update-report.ts";
import { painter } from "../terminal.ts";

export const update: Command = defineCommand({
  positionals: { repositories: { description: "Repositories to update (default: all)", many: true } },
  options: {
    always: { kind: "flag", description: "Take a checkpoint whether or not the content changed" },
    accept: { kind: "flag", description: "Accept settled: false for repositories that promised settled answers" },
    ...acceptClockOption,
    ...allowShrinkOption,
    watch: { kind: "flag", description: "Go on: update again whenever a source settles" },
    settle: {
      kind: "number",
      default: 10,
      description: "With --watch: seconds without a change that make a source settled",
    },
    interval: {
      kind: "number",
      default: 300,
      least: 1,
      description: "With --watch: seconds between looks at sources that cannot be watched",
    },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "What cron runs: reads every source, takes a checkpoint where the content changed, prunes by the retention rule, writes pages and rules, reloads the web server. " +
    "Each repository is a transaction of its own; one that fails does not stop the others.",
  examples: [
    { line: "asof update --quiet", does: "in a cron job: says something only when something is wrong" },
    { line: "asof update myfile --always", does: "take a checkpoint of one repository now" },
  ],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options, terminal, signal } = context;
    const config = await context.loadConfig();
    const repositories = repositoriesNamed(config, options.repositories);
    const only = options.repositories;
    const workspace = workspaceOptions(context, config);
    if (options.dryRun) {
      const open = openWorkspaceIfAny(workspace);
      const plans = [];
      for (const repository of repositories) {
        warnOfUnknownLabels(open, repository);
        plans.push(await planUpdate(open, repository));
      }
      context.print(planReport(plans, { withCheckpoints: true }));
      return 0;
    }
    const complain = (failure: unknown): void => {
      terminal.err(
        errorText(reportOf(failure, signal), { paint: painter(terminal.color.err), verbose: options.verbose }),
      );
    };
    const runOnce = (names: readonly string[]) =>
      withWriter({ ...workspace, purpose: "update", waitSeconds: options.wait, accept: options.accept }, (open) =>
        updateOperation(open, { ...options, only: names }),
      );
    if (options.watch) {
      context.note(`Watching; a source is published once it has been quiet for ${options.settle} s. Ctrl-C stops it.`);
      await watchUpdates({
        ...workspace,
        only,
        settleSeconds: options.settle,
        intervalSeconds: options.interval,
        runOnce,
        onResult: (result) => {
          for (const failure of failuresOf(result)) complain(failure);
          if (result.built || updateExitCode(result) !== 0) context.note(updateReport(result).text().trimEnd());
        },
        onError: complain,
      });
      return 0;
    }
    const result = await runOnce(only);
    context.print(updateReport(result));
    for (const failure of failuresOf(result)) complain(failure);
    return updateExitCode(result);
  },
});

function failuresOf(result: Awaited<ReturnType<typeof updateOperation>>): readonly unknown[] {
  return [...result.repositories.map((one) => one.failure), result.failure].filter((failure) => failure !== undefined);
}
