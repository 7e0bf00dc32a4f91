import type { CommandEntry } from "./commands/index.ts";
import { exitCodeHelp } from "./exit-code.ts";
import { globalOptions } from "./options.ts";
import type { OptionSpec } from "./options.ts";

/** The text of `asof --help`. Laid out here: this is what people type most, and loading yargs for it would take longer than everything else together. */
export function programHelp(entries: readonly CommandEntry[]): string {
  const options: readonly (readonly [string, OptionSpec])[] = [
    ...Object.entries<OptionSpec>(globalOptions),
    ["help", { kind: "flag", alias: "h", description: "Show help; asof COMMAND --help tells more" }],
    ["version", { kind: "flag", description: "Print the version" }],
  ];
  return `Usage: asof COMMAND [options]

Keeps the history of package repositories as plain files.

Commands:
${columns(entries.map(({ name, summary }) => [`asof ${name}`, summary]))}

Options of every command:
${columns(options.map(([name, { alias, description }]) => [`${alias === undefined ? "   " : `-${alias},`} --${name}`, description]))}

${exitCodeHelp()}
`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
