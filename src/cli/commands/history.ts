import { Failure } from "../../failure.ts";
import { mirrorHistories } from "../../operations/mirror-history.ts";
import { pathHistories } from "../../operations/path-history.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { historyReport } from "../reports/history-report.ts";

export const history: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a checkpoint distribution of it; not with --url" },
    path: {
      description:
        'A file, a directory, or a pattern as under include: "pool/**/libssl*"; quote it from the shell. With --url a file, or how its name begins',
    },
  },
  options: {
    limit: { kind: "number", least: 1, description: "Only the newest so many events of each path" },
    url: {
      kind: "text",
      description: "Ask a published mirror over HTTP: the address of a base path, or of a site with only one",
    },
  },
  description: `Says since when: at which checkpoints each path came, changed and went, oldest first. Checkpoints that are gone are not looked into; what came in one of them and is in a later one says so.

Only directories that changed from one checkpoint to the next, and that the pattern reaches, are read. With --url a few files of at most 8 kB are fetched from below _asof/history/; of a name that begins so in more of them than four the first are told. A path that never was there is no failure: the nearest names are told.`,
  examples: [
    { line: "asof history myfile pool/main/o/openssl/libssl3_3.0.2_amd64.deb", does: "when it came and went" },
    { line: "asof history myfile '**/libssl3_*' --limit 1 --json", does: "what happened last to each of these" },
    {
      line: "asof history --url https://mirror.example.org/checkpoints/myfile libssl3_",
      does: "the same of somebody else's mirror, for all names that begin so",
    },
  ],
  exitCodes: [3, 4, 5],
  async run(context) {
    const { repository: first, path: second, limit, url } = context.options;
    if (url !== undefined) {
      const text = onlyWord(first, second);
      const found = await mirrorHistories({ url, text, limit, signal: context.signal });
      context.print(historyReport({ ...found, closest: [] }));
      context.detail(`${found.received} bytes of history were received`);
      if (found.more) context.note("more names begin so: give more of their letters");
      else if (found.paths.length === 0) context.note(`no name begins so: ${JSON.stringify(text)}`);
      return;
    }
    if (first === undefined || second === undefined)
      throw new Failure("USAGE", "name a repository and a path, or --url URL and a path", {
        hint: "asof history --help",
      });
    const config = await context.loadConfig();
    const workspace = openWorkspace(workspaceOptions(context, config));
    const histories = pathHistories(workspace, { repository: first, pattern: second, limit });
    context.print(historyReport({ ...histories, more: false }));
    if (histories.paths.length > 0) return;
    context.note(`no kept checkpoint of ${histories.repository} has ${JSON.stringify(second)}`);
    for (const one of histories.closest) context.note(`did you mean ${JSON.stringify(one)}?`);
  },
});

function onlyWord(first: string | undefined, second: string | undefined): string {
  if (first !== undefined && second === undefined) return first;
  throw new Failure(
    "USAGE",
    first === undefined ? "name a path" : "--url is a mirror by itself; leave the repository out",
    { hint: "asof history --help" },
  );
}
