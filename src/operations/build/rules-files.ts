import path from "node:path";

import { emptyHistory } from "../../model/history.ts";
import { timelineOf } from "../../model/history-timeline.ts";
import type { Timeline } from "../../model/timeline.ts";
import type { RulesInput } from "../../redirects/rules.ts";
import { serverLanguages } from "../../redirects/servers.ts";
import { openTemplates } from "../../templates.ts";
import { departedDistributions } from "./site-record.ts";
import { promisedSettled, prunedAnswer } from "../publish/settled.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** The server rules that belong to the state as it is now, where the configuration wants them. */
export function planRules(workspace: Workspace): readonly GeneratedFile[] {
  return rulesFiles(workspace, workspace.config.rulesDir);
}

/** The same rules for another folder: some name the folder that they lie in. */
export function rulesFiles(workspace: Workspace, rulesDir: string): readonly GeneratedFile[] {
  const { servers } = workspace.config;
  const input = { ...rulesInput(workspace), rulesDir };
  return serverLanguages
    .filter(({ server }) => servers.includes(server))
    .flatMap(({ server, escape, emitter }) => emitter(openTemplates({ folder: server, escape })).render(input))
    .map((file) => ({ path: path.join(rulesDir, file.path), content: file.content }));
}

/** What a repository answers for each second, as configured. */
export function repositoryTimeline(workspace: Workspace, name: string): Timeline {
  const history = workspace.store.repository(name)?.history;
  const settled = promisedSettled(workspace, name);
  return timelineOf(history ?? emptyHistory, { pruned: prunedAnswer(workspace, name), settled });
}

/** Everything that rules are made of, in the state as it is now. */
export function rulesInput(workspace: Workspace): RulesInput {
  const { config, store } = workspace;
  const served = new Set(config.distributions.filter((one) => one.checkpoint).map((one) => one.repository));
  return {
    siteName: config.site.name,
    mount: config.site.mount,
    publicDir: config.publicDir,
    rulesDir: config.rulesDir,
    layout: config.layout,
    repositories: config.repositories
      .filter(({ name }) => served.has(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name }) => {
        const digests = store.repository(name)?.log.digests ?? [];
        return {
          name,
          timeline: repositoryTimeline(workspace, name),
          log: { length: digests.length, head: digests.at(-1) ?? "" },
        };
      }),
    distributions: [
      ...config.distributions.map(({ name, basePath, repository, checkpoint }) => ({
        name,
        basePath,
        repository,
        checkpoint,
      })),
      // What left the configuration is still on disk, and mirrored content never stands there without rules: files by their names, as of no repository.
      ...departedDistributions(workspace).map(({ name, basePath }) => ({
        name,
        basePath,
        repository: "",
        checkpoint: false,
      })),
    ].toSorted((a, b) => (a.basePath < b.basePath ? -1 : 1)),
  };
}
