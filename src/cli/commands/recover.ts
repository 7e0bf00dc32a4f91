import { Failure } from "../../failure.ts";
import { parseInstant } from "../../model/instant.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { planRecovery, recover as recoverOperation } from "../../operations/recover/recover.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { recoverReport } from "../reports/recover-report.ts";

export const recover: Command = defineCommand({
  positionals: {},
  options: {
    adopt: { kind: "flag", description: "Take the history that the state lost from the site" },
    "lost-until": { kind: "text", description: "Give up what the state lost: answer 410 from its horizon until TIME" },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "For a state directory that is older than the site, because a backup of it was restored: every other command refuses to write then, so that no time that was answered already is answered otherwise. " +
    "With --adopt the log comes back from where the site publishes it, and content from the directories of the checkpoints; every digest of what is taken is checked. " +
    "With --lost-until, for a site that is lost as well or damaged, the checkpoints in between are gone for ever and their times say so; withdrawals and take-downs that the published log tells stay in force.",
  examples: [
    { line: "asof recover --adopt", does: "after an old backup of state/ was restored beside a whole site" },
    { line: "asof recover --lost-until 2025-04-01T00:00:00Z", does: "when nothing else helps" },
  ],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const until = lostUntil(options.adopt, options.lostUntil);
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const plan = options.dryRun
      ? planRecovery(openWorkspaceIfAny(world), until)
      : await recoverOperation({ ...world, waitSeconds: options.wait }, until);
    context.print(recoverReport(plan, until, options.dryRun));
  },
});

function lostUntil(isAdopt: boolean, text: string | undefined): Timestamp | undefined {
  if (isAdopt === (text !== undefined)) {
    throw new Failure("USAGE", "say one of --adopt and --lost-until TIME", {
      hint: "asof recover --help tells them apart",
    });
  }
  if (text === undefined) return undefined;
  const until = parseInstant(text);
  if (until !== undefined && until !== "latest") return until;
  throw new Failure("USAGE", `--lost-until ${JSON.stringify(text)} is no time`, {
    hint: "for example 2025-03-18T14:03:38Z",
  });
}
