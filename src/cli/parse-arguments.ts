import yargs from "yargs";
import type { Argv, Options } from "yargs";

import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands/index.ts";
import { exitCodeHelp } from "./exit-code.ts";
import { camelCase, globalOptions } from "./options.ts";
import type { OptionSpecs, PositionalSpec } from "./options.ts";
import { readOptions } from "./read-options.ts";
import { usageFailure } from "./usage-failure.ts";

export type ParsedArguments =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "run"; readonly values: object };

/** Reads the command line of one command. `argv` has the command's name in it. Throws USAGE for everything that the command does not take. */
export async function parseCommand(
  argv: readonly string[],
  entry: CommandEntry,
  command: Command,
  columns: number,
): Promise<ParsedArguments> {
  const { words, trailing } = splitAtDashes(argv, command);
  const { parsed } = await readArguments(words, entry, command);
  if (parsed === undefined) {
    const { output } = await readArguments(words, entry, command, columns);
    return { kind: "help", text: `${output.trimEnd()}\n\n${helpTail(command)}\n` };
  }
  const [, extra] = wordsOf(parsed);
  if (extra !== undefined) throw usageFailure(`Unknown argument: ${extra}`, words, entry.name, command);
  const specs: OptionSpecs = { ...command.options, ...globalOptions };
  const options = readOptions(specs, parsed);
  const positionals = Object.entries(command.positionals).map(
    ([name, spec]) => [camelCase(name), spec.trailing === true ? trailing : parsed?.get(name)] as const,
  );
  return { kind: "run", values: Object.fromEntries([...options, ...positionals]) };
}

/** Words after `--` are none of ours where a command takes them as they are. */
function splitAtDashes(
  argv: readonly string[],
  { positionals }: Command,
): { readonly words: readonly string[]; readonly trailing: readonly string[] } {
  const dashes = Object.values(positionals).some(({ trailing }) => trailing === true) ? argv.indexOf("--") : -1;
  if (dashes === -1) return { words: argv, trailing: [] };
  return { words: argv.slice(0, dashes), trailing: argv.slice(dashes + 1) };
}

/**
 * Has yargs read the command line; without values it found that help is asked for. It lays out the help of every command that it runs, which takes longer than all reading: so it hears of descriptions
 * only when the help is for somebody, and then of the width too.
 */
async function readArguments(
  argv: readonly string[],
  entry: CommandEntry,
  command: Command,
  columns?: number,
): Promise<{ readonly parsed: ReadonlyMap<string, unknown> | undefined; readonly output: string }> {
  let parsed: ReadonlyMap<string, unknown> | undefined;
  let output = "";
  const isShown = columns !== undefined;
  const program = newProgram(columns)
    .options(yargsOptions(command.options, "Options:", isShown))
    .options(yargsOptions(globalOptions, "Options of every command:", isShown))
    .group("help", "Options of every command:")
    .command({
      command: [entry.name, ...placed(command).map(positionalUsage)].join(" "),
      describe: entry.summary,
      builder: (inner: Argv) => withPositionals(isShown ? describeCommand(inner, entry, command) : inner, command),
      handler: (values: object) => {
        parsed = new Map(Object.entries(values));
      },
    })
    .fail((message, error) => {
      throw usageFailure(message || error.message, argv, entry.name, command);
    });
  await program.parseAsync([...argv], {}, (_error: unknown, _values: unknown, text: string) => {
    output = text;
  });
  return { parsed, output };
}

/** How yargs reads words: nothing is turned into a number, split at dots or negated behind the command's back. */
const parserSettings = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "greedy-arrays": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "strip-aliased": true,
} as const;

function newProgram(columns: number | undefined): Argv {
  return yargs()
    .scriptName("asof")
    .locale("en")
    .version(false)
    .exitProcess(false)
    .parserConfiguration(parserSettings)
    .strict()
    .help("help", "Show this help")
    .alias("help", "h")
    .wrap(columns === undefined ? null : Math.max(40, Math.min(100, columns)));
}

function describeCommand(inner: Argv, entry: CommandEntry, command: Command): Argv {
  const behind = Object.keys(command.positionals).filter((name) => command.positionals[name]?.trailing === true);
  const words = [...placed(command).map(positionalUsage), "[options]", ...behind.map((name) => `-- <${name}..>`)];
  const usage = ["asof", entry.name, ...words].join(" ");
  return inner.usage(`Usage: ${usage}\n\n${entry.summary}\n\n${command.description}`);
}

function withPositionals(inner: Argv, command: Command): Argv {
  let described = inner;
  for (const [name, { description }] of placed(command)) {
    described = described.positional(name, { type: "string", describe: description });
  }
  return described;
}

/** Added here because yargs breaks long examples in two, so that they cannot be copied, and takes half its time for laying out what needs no layout. */
function helpTail({ examples, exitCodes }: Command): string {
  const shown = examples.map(({ line, does }) => `  ${line}\n      ${does}\n`).join("");
  return `${shown === "" ? "" : `Examples:\n${shown}\n`}${exitCodeHelp(exitCodes)}`;
}

/** Arguments that yargs reads. */
function placed({ positionals }: Command): readonly (readonly [string, PositionalSpec])[] {
  return Object.entries(positionals).filter(([, { trailing }]) => trailing !== true);
}

function positionalUsage([name, { required, many }]: readonly [string, PositionalSpec]): string {
  const text = many === true ? `${name}..` : name;
  return required === true ? `<${text}>` : `[${text}]`;
}

function yargsOptions(specs: OptionSpecs, group: string, isShown: boolean): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const described: Options = isShown ? { describe: spec.description, group } : { hidden: true };
      if (spec.alias !== undefined) described.alias = spec.alias;
      if (spec.kind === "flag") return [name, { ...described, type: "boolean" }];
      const valued: Options = { ...described, type: "string", requiresArg: true };
      if (spec.kind === "texts") return [name, { ...valued, array: true }];
      if (spec.default !== undefined) valued.defaultDescription = String(spec.default);
      if (spec.kind === "text" && spec.choices !== undefined) valued.choices = spec.choices;
      if (spec.kind === "text" && spec.required !== undefined) valued.demandOption = true;
      return [name, valued];
    }),
  );
}

/** Words that are no options, in order; the first is the command. */
function wordsOf(parsed: ReadonlyMap<string, unknown>): readonly string[] {
  const words: unknown = parsed.get("_");
  return Array.isArray(words) ? words.map(String) : [];
}
