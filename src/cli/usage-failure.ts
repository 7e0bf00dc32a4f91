import { Failure } from "../failure.ts";
import { closestName } from "../model/closest-name.ts";
import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands/index.ts";
import { globalOptions } from "./options.ts";

/** A complaint of yargs in our words: which option or argument, and what to write instead. */
export function usageFailure(message: string, argv: readonly string[], name: string, command: Command): Failure {
  const help = `asof ${name} --help`;
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ")[0];
  if (unknown !== undefined) return unknownArgument(unknown, argv, command, help);
  const given = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (given !== undefined) {
    const missing = Object.keys(command.positionals)[Number(given)];
    return new Failure("USAGE", `the argument <${missing ?? "?"}> is missing`, { hint: help });
  }
  const valueless = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (valueless !== undefined) return new Failure("USAGE", `${dashed(valueless)} needs a value`, { hint: help });
  const absent = /^Missing required arguments?: (.+)$/.exec(message)?.[1];
  if (absent !== undefined) {
    return new Failure("USAGE", `${absent.split(", ").map(dashed).join(" and ")} must be given`, { hint: help });
  }
  const choice = /Argument: (\S+), Given: (.+), Choices: (.+)/.exec(message);
  if (choice !== null) {
    return new Failure("USAGE", `${dashed(choice[1] ?? "")} must be one of ${choice[3]}, not ${choice[2]}`, {
      hint: help,
    });
  }
  return new Failure("USAGE", message, { hint: help });
}

function unknownArgument(unknown: string, argv: readonly string[], command: Command, help: string): Failure {
  const written = dashed(unknown);
  const isOption =
    argv.some((word) => word === written || word.startsWith(`${written}=`)) || isInCluster(unknown, argv);
  if (!isOption)
    return new Failure("USAGE", `there is an argument too many: ${JSON.stringify(unknown)}`, { hint: help });
  const meant = closestName(unknown, [...Object.keys(command.options), ...Object.keys(globalOptions)]);
  return new Failure("USAGE", `there is no option ${written}`, {
    hint: meant === undefined ? help : `did you mean --${meant}?`,
  });
}

/** Whether `letter` stands in something like `-xvn`. */
function isInCluster(letter: string, argv: readonly string[]): boolean {
  return letter.length === 1 && argv.some((word) => /^-[^-]/.test(word) && word.includes(letter));
}

/** `-c` or `--config`. */
function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** An option before the command that is none of every command: it belongs behind it, or nowhere. */
export function unknownOption(option: string): Failure {
  return new Failure("USAGE", `there is no option ${dashed(option)}`, {
    hint: "asof --help; options of a command stand after its name",
  });
}

export function unknownCommand(name: string, entries: readonly CommandEntry[]): Failure {
  const meant = closestName(
    name,
    entries.map((entry) => entry.name),
  );
  return new Failure("USAGE", `there is no command ${JSON.stringify(name)}`, {
    hint: meant === undefined ? "asof --help lists the commands" : `did you mean "asof ${meant}"?`,
  });
}
