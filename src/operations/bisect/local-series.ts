import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { repositoryTimeline } from "../build/rules-files.ts";
import { repositoryServedAs } from "../named-checkpoint.ts";
import type { Workspace } from "../workspace.ts";
import type { Series, SeriesPoint } from "./series.ts";

/** The checkpoints of a repository as the state on this disk has them, under the first checkpoint distribution of it, or the one that was named. Needs no network. */
export function openLocalSeries(workspace: Workspace, name: string): Series {
  const { store, publicLayout } = workspace;
  const { url } = workspace.config.site;
  const { name: distribution, repository, basePath } = distributionNamed(workspace, name);
  const history = store.repository(repository)?.history;
  const roots = new Map(
    (history === undefined ? [] : keptCheckpoints(history)).map(({ created, root }) => [created, root]),
  );
  const points = repositoryTimeline(workspace, repository).points.map(({ at }): SeriesPoint => {
    const root = roots.get(at);
    return root === undefined ? { kind: "gone", at } : { kind: "checkpoint", at, root };
  });
  const directory = (at: Timestamp): string => publicLayout.checkpoint(basePath, at);
  return {
    distribution,
    repository,
    points,
    tree: async (digest) => store.tree(digest),
    url: (at) => (url === undefined ? undefined : `${url}${basePath}/${at}/`),
    directory: (at) => (existsSync(directory(at)) ? directory(at) : undefined),
  };
}

function distributionNamed({ config }: Workspace, name: string): DistributionSettings {
  const repository = repositoryServedAs(config, name).name;
  const served = config.distributions.filter((one) => one.repository === repository && one.checkpoint);
  const chosen = served.find((one) => one.name === name) ?? served[0];
  if (chosen !== undefined) return chosen;
  throw new Failure("USAGE", `no distribution serves the checkpoints of ${repository}`, {
    hint: "give it one with checkpoint: true, and run asof build",
  });
}
