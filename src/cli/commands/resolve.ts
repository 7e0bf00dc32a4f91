import { resolve as resolveOperation } from "../../operations/resolve.ts";
import type { Resolution } from "../../operations/resolve.ts";
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
    const resolution = resolveOperation(openWorkspace(workspaceOptions(context, config)), {
      distribution,
      time,
      path,
    });
    context.print({
      text: () => `${resolution.target}\n${answerText(resolution)}\n`,
      json: () => ({ ...resolution, missing: resolution.missing ?? null }),
    });
  },
});

function answerText({ answer, missing }: Resolution): string {
  switch (answer.kind) {
    case "redirect":
      return `${answer.status} ${answer.location} (${answer.caching})`;
    case "checkpoint":
      return `200 checkpoint ${answer.checkpoint}`;
    case "gone":
      return `410 pruned; older: ${answer.older ?? "none"}, newer: ${answer.newer ?? "none"}`;
    case "missing":
      return `404 ${missingText(missing)}`;
    case "bad-request":
      return "400 no server accepts this path";
    case "beside":
    case "elsewhere":
      return "404 no timestamp";
  }
}

function missingText(missing: Resolution["missing"]): string {
  switch (missing?.reason) {
    case "before-first": {
      const { first, oldest } = missing;
      const gone = `, which is gone; ${oldest === undefined ? "no checkpoint is left" : `the oldest that is left is ${oldest}`}`;
      return `this time is before the first checkpoint, ${first}${oldest === first ? "" : gone}`;
    }
    case "future":
      return `this time is in the future (it is ${missing.now} now): nobody knows yet what it will hold. The newest checkpoint is ${missing.newest}, to which "latest" leads`;
    case "no-checkpoint":
    case undefined:
      return "there is no checkpoint";
  }
}
