import path from "node:path";

import { emptyHistory } from "../../model/history.ts";
import { timelineOf } from "../../model/history-timeline.ts";
import type { Timeline } from "../../model/timeline.ts";
import type { RulesInput } from "../../redirects/rules.ts";
import { serverLanguages } from "../../redirects/servers.ts";
import { openTemplates } from "../../templates.ts";
import { headText, logHead } from "./describe-site.ts";
import type { GeneratedGroup } from "./made-files.ts";
import { departedDistributions } from "./site-record.ts";
import { promisedSettled, prunedAnswer } from "../publish/settled.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** The server rules that belong to the state as it is now, where the configuration wants them: a group for each server. */
export function planRules(workspace: Workspace): readonly GeneratedGroup[] {
  const { rulesDir } = workspace.config;
  const { repositories, distributions } = rulesSubjects(workspace);
  const madeOf = `${repositories.map((name) => headText(workspace, name)).join(" ")} ${JSON.stringify(distributions)}`;
  let input: RulesInput | undefined;
  return wantedLanguages(workspace).map((language) => ({
    name: `rules ${language.server}`,
    madeOf,
    make: () => renderRules(language, (input ??= rulesInput(workspace)), rulesDir),
  }));
}

/** The same rules for another folder: some name the folder that they lie in. */
export function rulesFiles(workspace: Workspace, rulesDir: string): readonly GeneratedFile[] {
  const input = { ...rulesInput(workspace), rulesDir };
  return wantedLanguages(workspace).flatMap((language) => renderRules(language, input, rulesDir));
}

function wantedLanguages({ config }: Workspace): typeof serverLanguages {
  return serverLanguages.filter(({ server }) => config.servers.includes(server));
}

function renderRules(
  { server, escape, emitter }: (typeof serverLanguages)[number],
  input: RulesInput,
  rulesDir: string,
): readonly GeneratedFile[] {
  return emitter(openTemplates({ folder: server, escape }))
    .render(input)
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
  const { config } = workspace;
  const { repositories, distributions } = rulesSubjects(workspace);
  return {
    siteName: config.site.name,
    mount: config.site.mount,
    publicDir: config.publicDir,
    rulesDir: config.rulesDir,
    layout: config.layout,
    scriptHash: workspace.pages.scriptHash,
    repositories: repositories.map((name) => ({
      name,
      timeline: repositoryTimeline(workspace, name),
      log: logHead(workspace, name),
    })),
    distributions,
  };
}

/** What rules are about: repositories by name, and what is on disk. */
function rulesSubjects(workspace: Workspace): {
  readonly repositories: readonly string[];
  readonly distributions: RulesInput["distributions"];
} {
  const { config } = workspace;
  const served = new Set(config.distributions.filter((one) => one.checkpoint).map((one) => one.repository));
  return {
    repositories: config.repositories.flatMap(({ name }) => (served.has(name) ? [name] : [])).toSorted(),
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
