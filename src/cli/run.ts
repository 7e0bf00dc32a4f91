import { readFile } from "node:fs/promises";
import path from "node:path";

import { Failure } from "../failure.ts";
import type { Config } from "../model/config.ts";
import { packageRoot } from "../package-root.ts";
import type { CommandWorld } from "./command.ts";
import { commands } from "./commands/index.ts";
import type { CommandEntry } from "./commands/index.ts";
import { errorJson, errorText, reportOf } from "./error-report.ts";
import { glanceAt } from "./glance.ts";
import type { Glance } from "./glance.ts";
import { jsonDocument } from "./json-document.ts";
import { programHelp } from "./program-help.ts";
import { openProgress, showsProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { shownPath } from "./shown-path.ts";
import { painter } from "./terminal.ts";
import type { Environment, Terminal } from "./terminal.ts";
import { unknownCommand, unknownOption } from "./usage-failure.ts";

/** Everything that a run takes from the process, so that a test can give its own. */
export interface CliWorld {
  readonly terminal: Terminal;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * Runs `argv` (without node and script) and returns the exit code. Touches nothing of the process and never throws. `entries` are the commands that there are.
 */
export async function runCli(
  argv: readonly string[],
  world: CliWorld,
  entries: readonly CommandEntry[] = commands,
): Promise<number> {
  const glance = glanceAt(argv);
  const { quiet, json } = glance;
  const progress = openProgress(world.terminal, showsProgress({ ...world, quiet, json }));
  const terminal = clearingFirst(world.terminal, progress);
  let hasPrintedJson = false;
  const print: CommandWorld["print"] = (result) => {
    hasPrintedJson = json;
    if (json) terminal.out(jsonDocument(result.json()));
    else if (!quiet) terminal.out(result.text());
  };
  try {
    return await runCommand(argv, glance, { ...world, terminal, progress, print, entries });
  } catch (error) {
    const report = reportOf(error, world.signal);
    terminal.err(errorText(report, { paint: painter(terminal.color.err), verbose: glance.verbose }));
    if (json && !hasPrintedJson) terminal.out(errorJson(report));
    return report.exit;
  } finally {
    progress.clear();
  }
}

type Run = CliWorld & Pick<CommandWorld, "progress" | "print"> & { readonly entries: readonly CommandEntry[] };

async function runCommand(argv: readonly string[], glance: Glance, run: Run): Promise<number> {
  const { terminal, print, entries } = run;
  if (glance.unknownOption !== undefined) throw unknownOption(glance.unknownOption);
  if (glance.command === undefined) return runWithoutCommand(argv, glance, run);
  const entry = entries.find(({ name }) => name === glance.command);
  if (entry === undefined) throw unknownCommand(glance.command, entries);
  const [{ parseCommand }, command] = await Promise.all([import("./parse-arguments.ts"), entry.load()]);
  const parsed = await parseCommand(argv, entry, command, terminal.columns);
  if (parsed.kind === "help") {
    terminal.out(parsed.text);
    return 0;
  }
  const note = (line: string): void => {
    if (!glance.quiet) terminal.err(`${line}\n`);
  };
  const explicit =
    "config" in parsed.values && typeof parsed.values.config === "string" ? parsed.values.config : undefined;
  return command.run(parsed.values, {
    ...run,
    print,
    note,
    detail: (line) => {
      if (glance.verbose) note(line);
    },
    allowUnsafeOwner: "allowUnsafeOwner" in parsed.values && parsed.values.allowUnsafeOwner === true,
    paint: painter(terminal.color.out),
    loadConfig: configLoader(run.cwd, explicit, (warning) => terminal.err(`asof: warning: ${warning}\n`)),
  });
}

async function runWithoutCommand(argv: readonly string[], glance: Glance, run: Run): Promise<number> {
  const { terminal, print, entries } = run;
  if (glance.help) {
    terminal.out(programHelp(entries));
    return 0;
  }
  if (glance.version) {
    const version = await packageVersion();
    print({ text: () => `${version}\n`, json: () => ({ version }) });
    return 0;
  }
  if (argv.length > 0) throw new Failure("USAGE", "no command was given", { hint: "asof --help lists the commands" });
  terminal.err(programHelp(entries));
  return 2;
}

/** Loads the configuration when it is first asked for; the modules that read it cost a tenth of a second, which help need not pay. */
function configLoader(
  cwd: string,
  explicit: string | undefined,
  warn: (warning: string) => void,
): () => Promise<Config> {
  let loading: Promise<Config> | undefined;
  const load = async (): Promise<Config> => {
    const { findConfig, loadConfig } = await import("../config/load.ts");
    const file = await findConfig(cwd, explicit);
    const { config, warnings } = await loadConfig(file, { shownAs: shownPath(cwd, file) });
    for (const warning of warnings) warn(warning);
    return config;
  };
  return () => (loading ??= load());
}

/** The progress line must not end up in the middle of anything else that is written. */
function clearingFirst(terminal: Terminal, progress: Progress): Terminal {
  return {
    ...terminal,
    out(text) {
      progress.clear();
      terminal.out(text);
    },
    err(text) {
      progress.clear();
      terminal.err(text);
    },
  };
}

async function packageVersion(): Promise<string> {
  const text = await readFile(path.join(packageRoot, "package.json"), "utf8");
  const description: unknown = JSON.parse(text);
  const isVersioned = typeof description === "object" && description !== null && "version" in description;
  if (!isVersioned || typeof description.version !== "string") throw new Error("package.json has no version");
  return description.version;
}
