import path from "node:path";

import { Failure } from "../../failure.ts";
import { bisect as bisectOperation } from "../../operations/bisect/bisect.ts";
import type { BisectEvent, BisectOptions } from "../../operations/bisect/bisect.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command, CommandWorld } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { bisectLine, bisectReport } from "../reports/bisect-report.ts";

export const bisect: Command = defineCommand({
  positionals: {
    repository: { description: "Repository, or a checkpoint distribution of it; not with --url" },
    command: { description: "Program and its arguments, which no shell reads", trailing: true },
  },
  options: {
    good: {
      kind: "text",
      required: true,
      description: "A time of which all is known to be well, in any form that asof resolve takes",
    },
    bad: { kind: "text", required: true, description: "A later time of which it is not" },
    path: {
      kind: "texts",
      description: 'What the command reads, as "pool/a/**": where nothing under it changed there is nothing to test',
    },
    url: {
      kind: "text",
      description: "Search a published mirror over HTTP: the address of a base path, or of a site with only one",
    },
    "check-ends": { kind: "flag", description: "Run the command for --good and --bad first" },
    state: { kind: "text", default: ".asof-bisect.json", description: "File that keeps the answers until the end" },
    reset: { kind: "flag", description: "Begin anew, whatever that file has" },
  },
  description: `Finds the first checkpoint for which a command fails, in as few runs as there can be. The command finds the checkpoint in its environment: ASOF_TIME (20250318T140338Z), ASOF_ISO, ASOF_DISTRIBUTION, ASOF_URL with a slash at its end (needs site.url, or --url), and ASOF_DIR where its files are on this disk.

Exit codes are read as git bisect run does: 0 is good, 125 says that this one cannot be tested, all else up to 127 is bad, and a higher one or a signal ends the search. The same line goes on where an interrupted one stopped. When only checkpoints are left that could not be tested, they are listed and the exit code is 2.`,
  examples: [
    {
      line: "asof bisect myfile --good 2025-03-01 --bad latest -- sh ./install-and-test.sh",
      does: "which checkpoint broke the test",
    },
    {
      line: "asof bisect --url https://mirror.example.org/checkpoints/myfile --good 2025-03-01 --bad 2025-04-01 --path 'pool/main/o/openssl/**' -- sh ./test.sh",
      does: "the same of somebody else's mirror, where only openssl is to blame",
    },
  ],
  exitCodes: [3, 4, 5],
  async run(context) {
    const { options, cwd, env, signal, note } = context;
    const result = await bisectOperation({
      of: await placeOf(context, options),
      good: options.good,
      bad: options.bad,
      paths: options.path,
      command: commandOf(options.command),
      checkEnds: options.checkEnds,
      stateFile: path.resolve(cwd, options.state),
      reset: options.reset,
      cwd,
      env,
      commandOutput: options.json ? "stderr" : "stdout",
      signal,
      onEvent(event) {
        if (event.kind === "comparing") context.progress.update({ ...event, label: "compare" });
        const line = bisectLine(event);
        if (line !== undefined) note(line);
        if (lacksUrl(event)) note("ASOF_URL is not set: the configuration has no site.url");
      },
    });
    context.print(bisectReport(result));
    return result.suspects.length === 1 ? 0 : 2;
  },
});

async function placeOf(
  context: CommandWorld,
  { repository, url }: { readonly repository: string | undefined; readonly url: string | undefined },
): Promise<BisectOptions["of"]> {
  if (url !== undefined && repository !== undefined)
    throw new Failure("USAGE", "--url is a mirror by itself; leave the repository out");
  if (url !== undefined) return { kind: "url", url };
  if (repository === undefined)
    throw new Failure("USAGE", "name a repository, or --url URL", { hint: "asof bisect --help" });
  const config = await context.loadConfig();
  return { kind: "state", workspace: openWorkspace(workspaceOptions(context, config)), repository };
}

function commandOf(words: readonly string[]): readonly string[] {
  if (words.length > 0) return words;
  throw new Failure("USAGE", "there is no command to run", {
    hint: "it stands at the end, after two dashes: -- sh ./test.sh",
  });
}

function lacksUrl(event: BisectEvent): boolean {
  return event.kind === "begun" && !event.hasUrl;
}
