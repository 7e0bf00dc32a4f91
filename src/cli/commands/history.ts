import { pathHistories } from "../../operations/path-history.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { historyReport } from "../reports/history-report.ts";

export const history: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a checkpoint distribution of it", required: true },
    path: {
      description: 'A file, a directory, or a pattern as under include: "pool/**/libssl*"; quote it from the shell',
      required: true,
    },
  },
  options: {
    limit: { kind: "number", least: 1, description: "Only the newest so many events of each path" },
  },
  description: `Says since when: at which checkpoint each path came, changed and went, oldest first. Checkpoints that are gone are not looked into; what came in one of them and is in a later one says so.

Only directories that changed from one checkpoint to the next, and that the pattern reaches, are read. A path that never was there is no failure: the nearest names are told.`,
  examples: [
    { line: "asof history myfile pool/main/o/openssl/libssl3_3.0.2_amd64.deb", does: "when it came and went" },
    { line: "asof history myfile '**/libssl3_*' --limit 1 --json", does: "what happened last to each of these" },
  ],
  exitCodes: [3, 5],
  async run(context) {
    const { repository, path, limit } = context.options;
    const config = await context.loadConfig();
    const workspace = openWorkspace(workspaceOptions(context, config));
    const histories = pathHistories(workspace, { repository, pattern: path, limit });
    context.print(historyReport(histories));
    if (histories.paths.length > 0) return;
    context.note(`no kept checkpoint of ${histories.repository} has ${JSON.stringify(path)}`);
    for (const one of histories.closest) context.note(`did you mean ${JSON.stringify(one)}?`);
  },
});
