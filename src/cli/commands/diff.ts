import { diff as diffOperation } from "../../operations/diff.ts";
import type { Diff } from "../../operations/diff.ts";
import { repositoryServedAs } from "../../operations/named-checkpoint.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { changeJson } from "../../pages/changes-json.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { diffText } from "../reports/diff-report.ts";

export const diff: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a distribution of it", required: true },
    from: { description: "Time, in any form that asof resolve takes; the checkpoint that answers it", required: true },
    to: { description: "Another time; without it, FROM is compared with the checkpoint before it" },
  },
  options: {
    path: { kind: "text", description: "Only paths that match this pattern, as in a remote's include" },
    "exit-code": { kind: "flag", description: "End with 3 when something differs" },
  },
  description:
    "Says what differs between two checkpoints: files that were added (+), removed (-), and that have other bytes under the same name (~). A time is answered by the newest kept checkpoint at or before it.",
  examples: [
    { line: "asof diff myfile 2025-03-01 latest", does: "what has changed since the beginning of March" },
    { line: "asof diff myfile latest", does: "what the newest checkpoint changed" },
    {
      line: "asof diff myfile 2025-03-01 latest --path '**/*.whl' --exit-code",
      does: "for a script: did any wheel change?",
    },
  ],
  exitCodes: [3, 5],
  async run(context) {
    const { repository, from, to, path, exitCode } = context.options;
    const config = await context.loadConfig();
    const found = diffOperation(openWorkspace(workspaceOptions(context, config)), {
      repository: repositoryServedAs(config, repository).name,
      times: to === undefined ? [from] : [from, to],
      path,
    });
    context.print({ text: () => diffText(found), json: () => diffJson(found, path) });
    return exitCode && found.changes.length > 0 ? 3 : 0;
  },
});

/** Changes as in changes.json, so that a program reads both with one piece of code. */
function diffJson({ repository, from, to, added, removed, changed, changes }: Diff, path: string | undefined): object {
  return {
    repository,
    from: from?.checkpoint ?? null,
    to: to.checkpoint,
    asked: { from: from?.asked ?? null, to: to.asked },
    path: path ?? null,
    added,
    removed,
    changed,
    changes: changes.map(changeJson),
  };
}
