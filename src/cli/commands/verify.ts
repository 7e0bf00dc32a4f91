import { Failure } from "../../failure.ts";
import { runRepair } from "../../operations/repair/repair.ts";
import { verify as verifyOperation } from "../../operations/verify/verify.ts";
import { withReader } from "../../operations/verify/with-reader.ts";
import { defineCommand } from "../command.ts";
import type { Command, CommandContext } from "../command.ts";
import { errorText, reportOf } from "../error-report.ts";
import type { ExitCode } from "../exit-code.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import type { OptionValues } from "../options.ts";
import { repairPlanReport, repairReport } from "../reports/repair-report.ts";
import { verifyReport } from "../reports/verify-report.ts";
import { runVerifyUrl, verifyUrlOptions } from "./verify-url.ts";

const ownOptions = {
  repair: { kind: "flag", description: "Mend what was found, from the site, the history and the remotes" },
  quick: { kind: "flag", description: "Look at names, sizes, modes and links, and hash nothing" },
} as const;

export const verify: Command = defineCommand({
  positionals: {},
  options: {
    ...ownOptions,
    ...dryRunOption,
    ...waitOption,
    ...verifyUrlOptions,
  },
  description:
    "Hashes every object and record of the state, checks the logs, and compares the whole site and its rules with what a build would make. Each damaged object is told " +
    "with the addresses that show it. --repair puts right bytes in its place, found in the site, made again from the history or fetched from the remote, replaces every link to it while " +
    "visitors read, and makes again what is missing or was changed in the site; it never writes a log. With --url it checks a published mirror over HTTP instead, with neither configuration nor state: its log must be an unbroken chain, and statements, " +
    "SHA256SUMS and files what the log says. That alone shows that the mirror agrees with itself; --check, --root or --head make it a proof.",
  examples: [
    { line: "asof verify", does: "check everything" },
    { line: "asof verify --repair --dry-run", does: "say what a repair would do about each finding" },
    { line: "asof verify --json", does: "the same for a program, with a thousand addresses of each" },
    {
      line: "asof verify --url https://mirror.example.org/checkpoints/myfile/",
      does: "check a published mirror as a stranger",
    },
  ],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options } = context;
    refuseOfOtherMode(options);
    if (options.url !== undefined) return runVerifyUrl(context, options.url);
    const config = await context.loadConfig();
    const world = {
      ...workspaceOptions(context, config),
      purpose: "verify",
      waitSeconds: options.wait,
      trusting: false,
    };
    if (options.repair && options.quick)
      throw new Failure("USAGE", "--repair has to hash everything: leave --quick out");
    if (options.dryRun && !options.repair)
      throw new Failure("USAGE", "--dry-run is about --repair: verify alone writes nothing");
    if (options.repair && !options.dryRun) {
      const result = await runRepair({ ...world, purpose: "verify --repair" });
      for (const trouble of result.troubles) context.terminal.err(`asof: warning: ${trouble}\n`);
      context.print(repairReport(result, config));
      return exitCodeOf(context, result.remaining.length, result.failure);
    }
    const found = await withReader(world, (workspace) =>
      verifyOperation(workspace, { hash: options.quick ? "none" : "all" }),
    );
    for (const notice of found.notices) context.terminal.err(`asof: notice: ${notice}\n`);
    context.print(
      options.repair ? repairPlanReport(found, config) : verifyReport(found, config, { isQuick: options.quick }),
    );
    return exitCodeOf(context, found.findings.length, found.failure);
  },
});

/** Damage counts first, unless the disk refused what was to mend it; what could not be compared was not found to be whole. The report is printed already: a failure is told beside it. */
function exitCodeOf(
  { terminal, paint, signal }: Pick<CommandContext<unknown>, "terminal" | "paint" | "signal">,
  findings: number,
  failure: Failure | undefined,
): ExitCode {
  if (findings > 0 && failure?.code !== "LOCAL_IO") return 3;
  if (failure === undefined) return 0;
  const report = reportOf(failure, signal);
  terminal.err(errorText(report, { paint, verbose: false }));
  return report.exit;
}

type VerifyOptions = OptionValues<typeof ownOptions & typeof dryRunOption & typeof verifyUrlOptions>;

/** Throws USAGE for an option that says nothing about what is to be checked. */
function refuseOfOtherMode(options: VerifyOptions): void {
  const isUrl = options.url !== undefined;
  const [first] = Object.entries(isUrl ? ofState(options) : ofMirror(options)).filter(([, isGiven]) => isGiven);
  if (first === undefined) return;
  throw isUrl
    ? new Failure("USAGE", `--${first[0]} is about the state and the site here: leave --url out`)
    : new Failure("USAGE", `--${first[0]} is about a published mirror: say which with --url`);
}

function ofState({ repair, quick, dryRun }: VerifyOptions): Readonly<Record<string, boolean>> {
  return { repair, quick, "dry-run": dryRun };
}

function ofMirror({ all, ...rest }: VerifyOptions): Readonly<Record<string, boolean>> {
  const names = ["at", "sample", "check", "root", "head"] as const;
  return { all, ...Object.fromEntries(names.map((name) => [name, rest[name] !== undefined])) };
}
