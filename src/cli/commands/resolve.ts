import type { Answer } from "../../model/resolve-request.ts";
import { resolve as resolveOperation } from "../../operations/resolve.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";

export const resolve: Command = defineCommand({
  positionals: {
    distribution: { description: "Checkpoint distribution", required: true },
    time: {
      description:
        "20250318T140338Z, 2025-03-18, 2025-03-18T14:03:38Z, @1742306618 or latest; a date alone is its first second, UTC",
      required: true,
    },
    path: { description: "Path below the checkpoint" },
  },
  options: {},
  description: "Says what the mirror answers for a moment, without asking a server.",
  examples: [
    { line: "asof resolve myfile-snapshot 2025-03-18 PULP_MANIFEST", does: "which checkpoint answers, and how" },
  ],
  exitCodes: [3, 5],
  async run(context) {
    const { distribution, time } = context.options;
    const path = (context.options.path ?? "").replace(/^\/+/, "");
    const config = await context.loadConfig();
    const { target, answer } = resolveOperation(openWorkspace(workspaceOptions(context, config)), {
      distribution,
      time,
      path,
    });
    context.print({ text: () => `${target}\n${answerText(answer)}\n`, json: () => ({ target, answer }) });
  },
});

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case "redirect":
      return `${answer.status} ${answer.location} (${answer.caching})`;
    case "checkpoint":
      return `200 checkpoint ${answer.checkpoint}`;
    case "gone":
      return `410 pruned; older: ${answer.older ?? "none"}, newer: ${answer.newer ?? "none"}`;
    case "missing":
      return "404 no checkpoint answers for this time";
    case "bad-request":
      return "400 no server accepts this path";
    case "beside":
    case "elsewhere":
      return "404 no timestamp";
  }
}
