import { applyBuild, planBuild } from "../../operations/build/build.ts";
import { refuseOwnCheckpoint } from "../../operations/mirror/other-ways.ts";
import { publish as publishOperation } from "../../operations/publish/publish.ts";
import { reconcileSettled } from "../../operations/publish/settled.ts";
import { refuseWithdrawn } from "../../operations/publish/withdrawn-again.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny, repositoryNamed } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { acceptClockOption, dryRunOption, waitOption } from "../options.ts";
import { latestVersion } from "../../model/history.ts";
import { Failure } from "../../failure.ts";

export const publish: Command = defineCommand({
  positionals: { repository: { description: "Repository whose latest version is published", required: true } },
  options: {
    checkpoint: { kind: "flag", description: "Make it a checkpoint: a directory named by this second, for ever" },
    version: { kind: "number", description: "Refused: it is always the latest version that is published", least: 0 },
    accept: {
      kind: "flag",
      description:
        "Accept settled: false for a repository that promised settled answers, or content that was withdrawn",
    },
    ...acceptClockOption,
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "Publishes the latest version, whether or not it changed, and builds the site. A repository that was never synced publishes version 0, the empty one. " +
    "A checkpoint is always made from the latest version, as in Pulp.",
  examples: [{ line: "asof publish myfile --checkpoint", does: "take a checkpoint of what was synced last" }],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const repository = repositoryNamed(config, options.repository);
    if (options.version !== undefined) {
      const { store } = openWorkspaceIfAny(workspaceOptions(context, config));
      const history = store.repository(repository.name)?.history;
      throw versionFailure(repository.name, options, history === undefined ? 0 : latestVersion(history).version);
    }
    if (options.checkpoint) refuseOwnCheckpoint(repository);
    if (options.dryRun) {
      const workspace = openWorkspaceIfAny(workspaceOptions(context, config));
      const history = workspace.store.repository(repository.name)?.history;
      if (history !== undefined && !options.accept) refuseWithdrawn(workspace, history);
      const version = history === undefined ? 0 : latestVersion(history).version;
      context.print({
        text: () =>
          `${repository.name}: would publish version ${version}${options.checkpoint ? " as a checkpoint" : ""}\n`,
        json: () => ({ dryRun: true, repository: repository.name, version, checkpoint: options.checkpoint }),
      });
      return;
    }
    const publication = await withWriter(
      { ...workspaceOptions(context, config), purpose: "publish", waitSeconds: options.wait },
      async (workspace) => {
        reconcileSettled(workspace, repository, options.accept);
        const done = await publishOperation(workspace, repository, options);
        await applyBuild(workspace, planBuild(workspace));
        return done;
      },
    );
    context.print({
      text: () =>
        publication.checkpoint
          ? `${repository.name}: checkpoint ${publication.created} of version ${publication.version}\n`
          : `${repository.name}: publication ${publication.publication} of version ${publication.version}\n`,
      json: () => ({ repository: repository.name, ...publication }),
    });
  },
});

/** Pulp's rule, in its own words, for checkpoints: they name a repository, never a version. */
function versionFailure(
  name: string,
  { version, checkpoint }: { readonly version: number | undefined; readonly checkpoint: boolean },
  latest: number,
): Failure {
  const what = checkpoint ? "a checkpoint" : "a publication";
  const why =
    version !== undefined && version > latest
      ? `${name} has no version ${version}: its latest is ${latest}`
      : `--version cannot be given: ${what} is always made from the latest version, which is ${latest}`;
  const pulp = checkpoint ? " (in Pulp's words: checkpoint may only be used with a repository)" : "";
  return new Failure("USAGE", why, {
    hint: `leave --version out: asof publish ${name}${checkpoint ? " --checkpoint" : ""} publishes version ${latest}${pulp}; older ones are served as the checkpoints that were made of them, which asof list shows`,
  });
}
