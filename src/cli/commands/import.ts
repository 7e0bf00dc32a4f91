import path from "node:path";

import { applyBuild, isEmptyPlan, planBuild } from "../../operations/build/build.ts";
import { importShelf, planImport } from "../../operations/import-shelf.ts";
import { reconcileSettled } from "../../operations/publish/settled.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoryNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";

export const importCommand: Command = defineCommand({
  positionals: {
    repository: { description: "Repository that takes the checkpoints; it must be new", required: true },
    directory: { description: "The shelf: a directory that holds dated directories", required: true },
  },
  options: { ...dryRunOption, ...waitOption },
  description:
    "Makes a checkpoint of every dated directory of a shelf, oldest first, each under its own second: 20240101T000000Z, 20240101, 2024-01-01, 2024-01-01T12:30:00Z, " +
    "2024-01-01_12-30-00. A date alone is its first second, UTC. Running it again adds what is new on the shelf.",
  examples: [{ line: "asof import myfile /srv/old-mirror", does: "bring an old shelf along" }],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const repository = repositoryNamed(config, options.repository);
    const shelf = path.resolve(context.cwd, options.directory);
    if (options.dryRun) {
      const { dated, ignored } = planImport(openWorkspaceIfAny(workspaceOptions(context, config)), repository, shelf);
      const isNew = dated.filter((entry) => !entry.isThere);
      context.print({
        text: () =>
          [
            ...dated.map(({ name, at, isThere }) => `${name} as ${at}${isThere ? ": there already" : ""}\n`),
            ...ignored.map((name) => `${name} is no date: left out\n`),
          ].join(""),
        json: () => ({
          dryRun: true,
          repository: repository.name,
          imported: isNew.map(({ at }) => at),
          skipped: dated.filter((entry) => entry.isThere).map(({ at }) => at),
          ignored,
        }),
      });
      return;
    }
    const result = await withWriter(
      { ...workspaceOptions(context, config), purpose: "import", waitSeconds: options.wait },
      async (workspace) => {
        reconcileSettled(workspace, repository, false);
        const done = await importShelf(workspace, repository, shelf);
        const plan = planBuild(workspace);
        if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
        return done;
      },
    );
    for (const name of result.ignored) context.note(`${name} is no date: left out`);
    context.print({
      text: () =>
        `${repository.name}: ${result.imported.length} ${result.imported.length === 1 ? "checkpoint" : "checkpoints"} imported, ${result.skipped.length} were there already\n`,
      json: () => ({ repository: repository.name, ...result }),
    });
  },
});
