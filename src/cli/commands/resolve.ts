import { Failure } from "../../failure.ts";
import { resolve as resolveOperation, resolveAll } from "../../operations/resolve.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { allJson, allText, resolutionJson, resolutionText } from "../reports/resolve-report.ts";

export const resolve: Command = defineCommand({
  positionals: {
    distribution: { description: "Checkpoint distribution" },
    time: {
      description:
        "20250318T140338Z, 2025-03-18, 2025-03-18T14:03:38Z, @1742306618 or latest; a date alone is its first second, UTC",
    },
    path: { description: "Path below the checkpoint" },
  },
  options: {
    all: { kind: "text", description: "A time, in place of the arguments: what every checkpoint distribution answers" },
  },
  description: "Says what the mirror answers for a moment, without asking a server.",
  examples: [
    { line: "asof resolve myfile-snapshot 2025-03-18 PULP_MANIFEST", does: "which checkpoint answers, and how" },
    { line: "asof resolve --all 2025-03-18 --json", does: "one moment over all distributions, for a program" },
  ],
  exitCodes: [3, 5],
  async run(context) {
    const { all, distribution, time, path = "" } = context.options;
    if (all === undefined) {
      const request = { ...askedFor(distribution, time), path: path.replace(/^\/+/, "") };
      const workspace = openWorkspace(workspaceOptions(context, await context.loadConfig()));
      const resolution = resolveOperation(workspace, request);
      context.print({ text: () => resolutionText(resolution), json: () => resolutionJson(resolution) });
      return;
    }
    if (distribution !== undefined)
      throw new Failure("USAGE", `--all asks every distribution: ${distribution} is too many`, { hint: help });
    const resolved = resolveAll(openWorkspace(workspaceOptions(context, await context.loadConfig())), all);
    context.print({ text: () => allText(resolved), json: () => allJson(resolved) });
  },
});

const help = "asof resolve --help";

/** Both are needed, where `--all` does not take their place. */
function askedFor(
  distribution: string | undefined,
  time: string | undefined,
): { readonly distribution: string; readonly time: string } {
  if (distribution !== undefined && time !== undefined) return { distribution, time };
  const missing = distribution === undefined ? "distribution" : "time";
  throw new Failure("USAGE", `the argument <${missing}> is missing`, { hint: help });
}
