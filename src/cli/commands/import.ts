import path from "node:path";

import { Failure } from "../../failure.ts";
import { changedAnswerText } from "../../model/changed-answers.ts";
import { importShelves } from "../../operations/import/import-shelves.ts";
import { planImport } from "../../operations/import/plan-import.ts";
import type { TimeFrom } from "../../operations/import/read-shelf.ts";
import { isRelativePath } from "../../model/relative-path.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoryNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { importPlanReport, importReport, leftOutText } from "../reports/import-report.ts";

export const importCommand: Command = defineCommand({
  positionals: {
    repository: { description: "Repository that takes the checkpoints", required: true },
    shelves: { description: "Directories that hold dated directories", required: true, many: true },
  },
  options: {
    "time-from": {
      kind: "text",
      choices: ["name", "mtime", "file"],
      default: "name",
      description: "Where a directory's time comes from: its name, its own modification time, a file in it",
    },
    "time-file": { kind: "text", description: "That file, below each directory" },
    inside: { kind: "text", description: "Where in each directory its content is, for shelves of whole machines" },
    symlinks: {
      kind: "text",
      choices: ["refuse", "skip", "follow-inside"],
      description: "What becomes of symbolic links (default: as the repository's directory remote says, else refuse)",
    },
    backfill: { kind: "flag", description: "Change past answers of a repository with settled: false" },
    accept: { kind: "flag", description: "Take back the promise of settled answers, as the configuration does" },
    "skip-known": { kind: "flag", description: "Do not compare directories whose second has a checkpoint already" },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "Makes a checkpoint of every dated directory of one shelf or several, each under its own second. Names: 20240101T000000Z, 20240101, 2024-01-01, 2024-01-01T12:30:00Z, " +
    "2024-01-01_12-30-00, and 2024/01/01 in folders of years and months. A date alone is its first second, UTC. Directories of rsnapshot (daily.0) have no date: --time-from mtime. " +
    "A --time-file begins with a time (ISO 8601 with a zone, 20240101T123000Z, seconds since 1970), or has a line Date: as apt's Release. Symbolic links on a shelf are left out.\n\n" +
    "Content is copied; a file that several directories share by hard links is read once. What lies before the first checkpoint is always taken. Between checkpoints, and up to the second until which answers are " +
    "settled, past answers change: --dry-run prints which, and it takes --backfill and settled: false. Running it again adds what is new.",
  examples: [
    { line: "asof import myfile /srv/old-mirror", does: "bring an old shelf along" },
    {
      line: "asof import myfile /backup/rsnapshot --time-from mtime --inside localhost/srv/repo",
      does: "the same from rsnapshot",
    },
    {
      line: "asof import debian /srv/snapshots --time-from file --time-file dists/stable/Release",
      does: "times as an archive states them",
    },
  ],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options } = context;
    const layout = { timeFrom: timeFromOf(options), inside: insideOf(options.inside) };
    const config = await context.loadConfig();
    const repository = repositoryNamed(config, options.repository);
    const { backfill, accept, symlinks, skipKnown } = options;
    const shelves = [...new Set(options.shelves.map((shelf) => path.resolve(context.cwd, shelf)))];
    const request = { ...layout, shelves, backfill, accept, symlinks, skipKnown };
    if (options.dryRun) {
      const plan = planImport(openWorkspaceIfAny(workspaceOptions(context, config)), repository, request);
      context.print(importPlanReport(repository.name, plan));
      if (plan.refusal !== undefined) throw plan.refusal;
      return;
    }
    const result = await withWriter(
      { ...workspaceOptions(context, config), purpose: "import", waitSeconds: options.wait },
      (workspace) => importShelves(workspace, repository, request),
    );
    for (const one of result.leftOut) context.note(leftOutText(one));
    for (const change of result.changes) context.note(changedAnswerText(change));
    context.print(importReport(repository.name, result));
  },
});

function timeFromOf({
  timeFrom,
  timeFile,
}: {
  readonly timeFrom: "name" | "mtime" | "file";
  readonly timeFile: string | undefined;
}): TimeFrom {
  if ((timeFrom === "file") !== (timeFile !== undefined)) {
    throw new Failure("USAGE", "--time-from file and --time-file PATH belong together");
  }
  if (timeFrom !== "file" || timeFile === undefined) return { kind: timeFrom === "mtime" ? "mtime" : "name" };
  return { kind: "file", file: pathBelow("--time-file", timeFile) };
}

function insideOf(inside: string | undefined): string {
  return inside === undefined ? "" : pathBelow("--inside", inside.replace(/\/+$/, ""));
}

function pathBelow(option: string, text: string): string {
  if (isRelativePath(text)) return text;
  throw new Failure("USAGE", `${option} ${JSON.stringify(text)} is no path below a directory`);
}
