import type { Config } from "../model/config.ts";
import type { ExitCode } from "./exit-code.ts";
import { globalOptions } from "./options.ts";
import type { OptionSpecs, OptionValues, PositionalSpecs, PositionalValues } from "./options.ts";
import type { Progress } from "./progress.ts";
import { areOptionValues, arePositionalValues } from "./read-options.ts";
import type { Environment, Paint, Terminal } from "./terminal.ts";

/** A command as the frame sees it. Its name and summary stand in commands/index.ts, where reading them loads nothing. */
export interface Command {
  readonly positionals: PositionalSpecs;
  readonly options: OptionSpecs;
  /** Paragraphs for `asof NAME --help`. */
  readonly description: string;
  readonly examples: readonly CommandExample[];
  /** The exit codes that it can give beside those of every command. */
  readonly exitCodes: readonly ExitCode[];
  /** Runs with values as options.ts read them. */
  run(values: object, world: CommandWorld): Promise<number>;
}

export interface CommandExample {
  /** What to type, `asof` included. */
  readonly line: string;
  readonly does: string;
}

/** What a command may use, whatever its options. */
export interface CommandWorld {
  readonly terminal: Terminal;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  readonly progress: Progress;
  /** Whether root may work in folders that others own. */
  readonly allowUnsafeOwner: boolean;
  /** For results on stdout. */
  readonly paint: Paint;
  /** The configuration that `--config` names, read once; its warnings go to stderr. */
  readonly loadConfig: () => Promise<Config>;
  /** Prints the result: as JSON with --json, else as text, which --quiet leaves out. At most once a run. */
  readonly print: (result: CommandResult) => void;
  /** A line on stderr, unless --quiet. The line end is added. */
  readonly note: (line: string) => void;
  /** A line on stderr with --verbose. */
  readonly detail: (line: string) => void;
}

export interface CommandResult {
  /** Ends in a line end, or is empty. */
  readonly text: () => string;
  /** Printed with `schemaVersion` before it. */
  readonly json: () => object;
}

export interface CommandContext<Values> extends CommandWorld {
  readonly options: Values;
}

/** Everything about a command in one object. `run` sees the types of its options; it returns an exit code, or nothing for 0. */
export function defineCommand<
  const Positionals extends PositionalSpecs,
  const Options extends OptionSpecs,
>(definition: {
  readonly positionals: Positionals;
  readonly options: Options;
  readonly description: string;
  readonly examples: readonly CommandExample[];
  readonly exitCodes: readonly ExitCode[];
  readonly run: (
    context: CommandContext<PositionalValues<Positionals> & OptionValues<Options> & OptionValues<typeof globalOptions>>,
  ) => Promise<ExitCode | void>;
}): Command {
  const { positionals, options, run } = definition;
  return {
    ...definition,
    async run(values, world) {
      const isTyped =
        arePositionalValues(positionals, values) &&
        areOptionValues(options, values) &&
        areOptionValues(globalOptions, values);
      if (!isTyped) throw new Error(`options do not have their types: ${JSON.stringify(values)}`);
      return (await run({ ...world, options: values })) ?? 0;
    },
  };
}
