import { durationPattern, durationSeconds } from "../../config/duration.ts";
import { parseRetention } from "../../config/parse-retention.ts";
import { Failure } from "../../failure.ts";
import { planGrowth } from "../../operations/growth/plan-growth.ts";
import type { Changed } from "../../operations/growth/grow-repository.ts";
import { openWorkspaceIfAny, repositoriesNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { growthReport } from "../reports/growth-report.ts";

export const plan: Command = defineCommand({
  positionals: { repositories: { description: "Repositories to plan for (default: all)", many: true } },
  options: {
    every: { kind: "text", description: "Time between checkpoints: 1d, 6h (default: as until now, or 1d)" },
    years: { kind: "number", default: 3, least: 1, most: 50, description: "How far to look" },
    retain: { kind: "text", description: "Other rules: 'daily: 7, monthly: 12', or all (default: the configured)" },
    changed: {
      kind: "text",
      description: "Files that each checkpoint changes: 500 or 2% (default: as until now, or 1%)",
    },
    scan: { kind: "flag", description: "List the sources also where there is a history, and time it" },
  },
  description:
    "Says what the mirror will need at the end of each year: bytes, inodes, rules. The newest checkpoints tell how much changes; where there are none the source is listed, nothing is fetched and nothing written. " +
    "Warns when free space, free inodes or a limit of the file system would not last, and ends with 0 all the same.",
  examples: [
    { line: "asof plan", does: "go on as until now, for three years" },
    { line: "asof plan --every 6h --retain 'daily: 14, monthly: 24' --years 5", does: "try other rules" },
  ],
  exitCodes: [3, 4, 5],
  async run(context) {
    const { every, years, retain, changed, scan } = context.options;
    const options = {
      everySeconds: every === undefined ? undefined : cadence(every),
      years,
      retain: retain === undefined ? undefined : parseRetention(retain),
      changed: changed === undefined ? undefined : changedOf(changed),
      scan,
    };
    const config = await context.loadConfig();
    const repositories = repositoriesNamed(config, context.options.repositories);
    const growth = await planGrowth(openWorkspaceIfAny(workspaceOptions(context, config)), repositories, options);
    for (const { text } of growth.warnings) context.terminal.err(`asof: warning: ${text}\n`);
    context.print(growthReport(growth));
  },
});

function cadence(text: string): number {
  const seconds = durationPattern.test(text) ? durationSeconds(text) : 0;
  if (seconds > 0) return seconds;
  throw new Failure("USAGE", `--every must be a time, not ${JSON.stringify(text)}`, {
    hint: "write 30m, 6h, 1d or 1w",
  });
}

function changedOf(text: string): Changed {
  const [, number = "", percent] = /^(\d{1,9}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? [];
  const isPercent = percent === "%" && Number(number) <= 100;
  if (number !== "" && isPercent) return { percent: Number(number) };
  if (number !== "" && percent === "" && !number.includes(".")) return { files: Number(number) };
  throw new Failure("USAGE", `--changed must be a number of files or a percentage, not ${JSON.stringify(text)}`, {
    hint: "write 500 or 2%",
  });
}
