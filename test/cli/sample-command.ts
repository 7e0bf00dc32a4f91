import { defineCommand } from "../../src/cli/command.ts";
import type { Command, CommandWorld } from "../../src/cli/command.ts";
import type { CommandEntry } from "../../src/cli/commands/index.ts";
import { dryRunOption, waitOption } from "../../src/cli/options.ts";

/** A command with one of everything that a command line can have. It prints its options, or does what `act` says. */
export function sampleCommands(act?: (world: CommandWorld) => Promise<void>): readonly CommandEntry[] {
  const sample: Command = defineCommand({
    positionals: {
      distribution: { description: "Name of a distribution", required: true },
      time: { description: "A time", required: true },
      paths: { description: "Paths", many: true },
    },
    options: {
      label: { kind: "text", description: "A label", alias: "l" },
      format: { kind: "text", description: "Form of the output", choices: ["table", "lines"], default: "table" },
      include: { kind: "texts", description: "A pattern; may be repeated" },
      "keep-last": { kind: "number", description: "How many", least: 1, most: 1000 },
      ...dryRunOption,
      ...waitOption,
    },
    description: "Shows what it was given.",
    examples: [{ line: "asof sample a 20250318T140338Z", does: "show it" }],
    exitCodes: [4, 75],
    async run(context) {
      if (act !== undefined) await act(context);
      const { distribution, time, paths, label, format, include, keepLast, dryRun, wait, quiet } = context.options;
      // The types are the point: none of these lines compiles when an option gets the wrong one.
      const typed: {
        readonly distribution: string;
        readonly paths: readonly string[];
        readonly label: string | undefined;
        readonly format: "table" | "lines";
        readonly keepLast: number | undefined;
        readonly wait: number;
        readonly dryRun: boolean;
      } = { distribution, paths, label, format, keepLast, wait, dryRun };
      context.print({
        text: () => `${context.paint("bold", distribution)}\n`,
        json: () => ({ ...typed, time, include, quiet }),
      });
      return distribution === "four" ? 4 : undefined;
    },
  });
  return [
    { name: "sample", summary: "Show a sample.", load: async () => sample },
    {
      name: "other",
      summary: "Load nothing.",
      load: async () => {
        throw new Error("a command was loaded that nobody asked for");
      },
    },
  ];
}
