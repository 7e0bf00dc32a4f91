import { parseArgs } from "node:util";

import { dryRunOption, globalOptions, waitOption } from "./options.ts";
import type { OptionSpec } from "./options.ts";

/** What can be told of a command line before any command, and yargs, is loaded. */
export interface Glance {
  /** The first word that is no option, or undefined. */
  readonly command: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** An option before the command that is not one of every command. */
  readonly unknownOption: string | undefined;
}

/** Looks for the command and for what decides how errors are printed. Takes everything; what is wrong is found by the command's own reading. */
export function glanceAt(argv: readonly string[]): Glance {
  const { tokens } = parseArgs({
    args: [...argv],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words = tokens.filter((token) => token.kind === "positional");
  const options = tokens.filter((token) => token.kind === "option");
  const [command] = words;
  const isSet = (name: string): boolean => options.some((option) => option.name === name && option.value !== "false");
  return {
    command: command?.value,
    help: isSet("help"),
    version: isSet("version"),
    json: isSet("json"),
    quiet: isSet("quiet"),
    verbose: isSet("verbose"),
    unknownOption: options.find(
      ({ name, index }) => !Object.hasOwn(known, name) && (command === undefined || index < command.index),
    )?.name,
  };
}

type Known = Record<string, { readonly type: "string" | "boolean"; readonly short?: string; readonly multiple: true }>;

/** Options that people write before the command, with the information whether the next word is their value. */
const known: Known = {
  help: { type: "boolean", short: "h", multiple: true },
  version: { type: "boolean", multiple: true },
  ...Object.fromEntries(
    Object.entries<OptionSpec>({ ...globalOptions, ...dryRunOption, ...waitOption }).map(([name, { kind, alias }]) => [
      name,
      {
        type: kind === "flag" ? "boolean" : "string",
        multiple: true,
        ...(alias === undefined ? {} : { short: alias }),
      },
    ]),
  ),
};
