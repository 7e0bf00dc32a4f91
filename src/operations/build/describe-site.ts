import { existsSync } from "node:fs";

import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints, newestKept, newestPublication } from "../../model/history.ts";
import type { History } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { emptyLog } from "../../store/log.ts";
import type { SiteJson } from "../../pages/site-json.ts";
import { publicationNumbered } from "./build-plain.ts";
import { readPlainState } from "./built-record.ts";
import { departedDistributions, readSiteRecord } from "./site-record.ts";
import type { Workspace } from "../workspace.ts";

/** What `site.json` says: what the site holds, and how much of each history it knows. */
export function siteJson(workspace: Workspace): SiteJson {
  const { config, store } = workspace;
  const listed = config.distributions.map((distribution) => {
    const history = store.repository(distribution.repository)?.history;
    return {
      name: distribution.name,
      repository: distribution.repository,
      base_path: distribution.basePath,
      checkpoint: distribution.checkpoint,
      listed: true,
      newest: (history === undefined ? undefined : newestServed(distribution, history)) ?? null,
    };
  });
  const told = readSiteRecord(config.publicDir)?.distributions ?? [];
  const departed = departedDistributions(workspace).map((old) => ({
    name: old.name,
    repository: old.repository,
    base_path: old.basePath,
    checkpoint: old.checkpoint,
    listed: false,
    newest: told.find((one) => one.base_path === old.basePath)?.newest ?? newestStanding(workspace, old) ?? null,
  }));
  return {
    schemaVersion: 1,
    title: config.site.title,
    repositories: recordedRepositories(workspace).map((name) => {
      return { name, log: logHead(workspace, name), horizon: store.repository(name)?.history.horizon ?? null };
    }),
    distributions: [...listed, ...departed],
  };
}

/** How many lines the log of a repository has, and the digest of the last one. */
export function logHead({ store }: Pick<Workspace, "store">, name: string): { length: number; head: string } {
  const log = store.repository(name)?.log ?? emptyLog;
  return { length: log.length, head: log.digestAt(log.length - 1) ?? "" };
}

/** Stands for all that the log of a repository says. */
export function headText(workspace: Pick<Workspace, "store">, repository: string): string {
  const { length, head } = logHead(workspace, repository);
  return `${repository} ${length} ${head}`;
}

/** Also those that left the configuration: one that comes back with an older state is noticed. */
function recordedRepositories({ config, store }: Workspace): readonly string[] {
  return [...new Set([...config.repositories.map(({ name }) => name), ...store.repositoryNames()])].toSorted();
}

/** The same of one that left the configuration, as it stands: what was published since is not there. */
function newestStanding(
  workspace: Workspace,
  { basePath, repository, checkpoint }: DistributionSettings,
): Timestamp | undefined {
  const history = workspace.store.repository(repository)?.history;
  if (history === undefined) return undefined;
  if (!checkpoint) return publicationNumbered(history, readPlainState(workspace, basePath)?.publication)?.created;
  return keptCheckpoints(history).findLast(({ created }) =>
    existsSync(workspace.publicLayout.checkpoint(basePath, created)),
  )?.created;
}

/** The second of the newest state that a distribution serves. */
export function newestServed(
  distribution: DistributionSettings,
  history: Pick<History, "checkpoints" | "publications" | "unservable">,
): Timestamp | undefined {
  return distribution.checkpoint ? newestKept(history)?.created : newestPublication(history)?.created;
}
