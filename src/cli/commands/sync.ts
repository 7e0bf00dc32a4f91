import { sync as syncOperation } from "../../operations/sync/sync.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoriesNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { acceptClockOption, allowShrinkOption, dryRunOption, waitOption } from "../options.ts";
import { contentText, countsText } from "../reports/quantity.ts";

export const sync: Command = defineCommand({
  positionals: {
    repositories: { description: "Repositories to read (default: all with a remote, a Pulp server aside)", many: true },
  },
  options: { ...acceptClockOption, ...allowShrinkOption, ...dryRunOption, ...waitOption },
  description:
    "Reads the sources and records a new version of each repository whose content changed. Publishes nothing: asof publish does.",
  examples: [{ line: "asof sync myfile", does: "read one source" }],
  exitCodes: [3, 4, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const repositories = repositoriesNamed(config, options.repositories).filter(
      ({ remote }) => (remote !== undefined && remote.type !== "pulp") || options.repositories.length > 0,
    );
    if (options.dryRun) {
      // Half of all that the command would load.
      const { planUpdate } = await import("../../operations/plan-update.ts");
      const { planReport } = await import("../reports/plan-report.ts");
      const open = openWorkspaceIfAny(workspaceOptions(context, config));
      const plans = [];
      for (const repository of repositories) plans.push(await planUpdate(open, repository));
      context.print(planReport(plans, { withCheckpoints: false }));
      return;
    }
    const results = await withWriter(
      { ...workspaceOptions(context, config), purpose: "sync", waitSeconds: options.wait },
      async (workspace) => {
        const done = [];
        for (const repository of repositories) done.push(await syncOperation(workspace, repository, options));
        return done;
      },
    );
    context.print({
      text: () =>
        results
          .map((result) => {
            const { repository } = result;
            if (!result.ready) return `${repository}: not ready: ${result.reason}; not read\n`;
            const { version, changed, counts } = result;
            const content = contentText(version.files, version.bytes);
            return changed
              ? `${repository}: version ${version.version} (${content}, ${countsText(counts)})\n`
              : `${repository}: nothing new, still version ${version.version} (${content})\n`;
          })
          .join(""),
      json: () => ({
        repositories: results.map((result) => {
          const { repository } = result;
          if (!result.ready) return { repository, isNew: false, notReady: result.reason };
          const { version, changed, counts, mutated, resembles } = result;
          return {
            repository,
            isNew: changed,
            ...version,
            ...counts,
            mutated,
            resembles: resembles ?? null,
            notReady: null,
          };
        }),
      }),
    });
  },
});
