import { Failure } from "../../failure.ts";
import { runRepair } from "../../operations/repair/repair.ts";
import { verify as verifyOperation } from "../../operations/verify/verify.ts";
import { withReader } from "../../operations/verify/with-reader.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { repairPlanReport, repairReport } from "../reports/repair-report.ts";
import { verifyReport } from "../reports/verify-report.ts";
import { runVerifyUrl, verifyUrlOptions } from "./verify-url.ts";

export const verify: Command = defineCommand({
  positionals: {},
  options: {
    repair: { kind: "flag", description: "Mend what was found, from the site, the history and the remotes" },
    quick: { kind: "flag", description: "Look at names, sizes, modes and links, and hash nothing" },
    ...dryRunOption,
    ...waitOption,
    ...verifyUrlOptions,
  },
  description:
    "Hashes every object and record of the state, checks the logs, and compares the whole site and its rules with what a build would make. Each damaged object is told " +
    "with every address that shows it. --repair puts right bytes in its place, found in the site, made again from the history or fetched from the remote, replaces every link to it while " +
    "visitors read, and makes again what is missing or was changed in the site; it never writes a log. With --url it checks a published mirror over HTTP instead, with neither configuration nor state: its log must be an unbroken chain, and statements, " +
    "SHA256SUMS and files what the log says. That alone shows that the mirror agrees with itself; --check, --root or --head make it a proof.",
  examples: [
    { line: "asof verify", does: "check everything" },
    { line: "asof verify --repair --dry-run", does: "say what a repair would do about each finding" },
    { line: "asof verify --json", does: "the same for a program, with every address" },
    {
      line: "asof verify --url https://mirror.example.org/checkpoints/myfile/",
      does: "check a published mirror as a stranger",
    },
  ],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options } = context;
    if (options.url !== undefined) return runVerifyUrl(context, options.url);
    const config = await context.loadConfig();
    const world = { ...workspaceOptions(context, config), purpose: "verify", waitSeconds: options.wait };
    if (options.repair && options.quick)
      throw new Failure("USAGE", "--repair has to hash everything: leave --quick out");
    if (options.dryRun && !options.repair)
      throw new Failure("USAGE", "--dry-run is about --repair: verify alone writes nothing");
    if (options.repair && !options.dryRun) {
      const result = await runRepair({ ...world, purpose: "verify --repair" });
      for (const trouble of result.troubles) context.terminal.err(`asof: warning: ${trouble}\n`);
      context.print(repairReport(result, config));
      return result.remaining.length === 0 ? 0 : 3;
    }
    const found = await withReader(world, (workspace) =>
      verifyOperation(workspace, { hash: options.quick ? "none" : "all" }),
    );
    for (const notice of found.notices) context.terminal.err(`asof: notice: ${notice}\n`);
    context.print(
      options.repair ? repairPlanReport(found, config) : verifyReport(found, config, { isQuick: options.quick }),
    );
    return found.findings.length === 0 ? 0 : 3;
  },
});
