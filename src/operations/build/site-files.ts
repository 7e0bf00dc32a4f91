import path from "node:path";

import type { DistributionSettings, RepositorySettings } from "../../model/config.ts";
import { emptyHistory, keptCheckpoints } from "../../model/history.ts";
import { goneIntervals } from "../../model/history-timeline.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import type { GoneInterval } from "../../model/history-timeline.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import { neighboursOf } from "../../model/timeline.ts";
import type { ClientKit } from "../../pages/client-kit.ts";
import { renderCheckpointsJson, renderYears } from "../../pages/checkpoints-json.ts";
import { renderSiteJson } from "../../pages/site-json.ts";
import { renderTimeMaps } from "../../pages/time-map.ts";
import type { CheckpointRow, IndexRow } from "../../pages/views.ts";
import { readIfThere } from "../../store/disk.ts";
import { logHead, newestServed, siteJson } from "./describe-site.ts";
import type { ClientKits } from "./client-kit.ts";
import { logPieces } from "./published-log.ts";
import { repositoryTimeline } from "./rules-files.ts";
import { promisedSettled, prunedAnswer } from "../publish/settled.ts";
import { siteRecordFile } from "./site-record.ts";
import { assetsPath } from "./stage-checkpoint.ts";
import type { Workspace } from "../workspace.ts";

/** A generated file: absolute path and content. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
  /** Bytes of one whose content never changes once it is there: a build compares no more than that. */
  readonly finalBytes?: number;
}

/** Whether a file is there as it has to be, to the byte. */
export function hasContent(file: GeneratedFile): boolean {
  return readIfThere(file.path)?.equals(Buffer.from(file.content)) === true;
}

/** A checkpoint distribution with its repository and what was recorded of it. */
interface Served {
  readonly distribution: DistributionSettings;
  readonly repository: RepositorySettings;
  readonly history: ServedHistory;
}

type ServedHistory = Pick<History, "checkpoints" | "horizon" | "lost" | "publications">;

/** The stylesheet and whatever else all pages share. */
export function assetFiles({ pages, publicLayout }: Workspace): readonly GeneratedFile[] {
  return [...pages.assets].map(([name, content]) => ({ path: path.join(publicLayout.assets, name), content }));
}

/** The pages that 410 answers show, one for each run of tombstones. */
export function gonePages(workspace: Workspace): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
  return servedCheckpoints(workspace).flatMap(({ distribution, repository, history }) => {
    const timeline = repositoryTimeline(workspace, repository.name);
    return goneIntervals(history, prunedAnswer(workspace, repository.name)).map(({ from, until, reason, cause }) => ({
      path: publicLayout.gonePage(distribution.basePath, from),
      content: pages.gone({
        siteTitle: config.site.title,
        assets: assetsPath(workspace),
        base: `${config.site.mount}${distribution.basePath}/`,
        distribution: distribution.name,
        from,
        until,
        reason,
        cause,
        ...neighboursOf(timeline, until),
      }),
    }));
  });
}

/** Front page, lists of checkpoints, and their JSON: what changes with every checkpoint. `site.json` comes last. */
export function listFiles(workspace: Workspace, kits: ClientKits): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
  const common = { siteTitle: config.site.title, assets: assetsPath(workspace) };
  const files: GeneratedFile[] = [];
  for (const { distribution, repository, history } of servedCheckpoints(workspace)) {
    const kit = kits.of(distribution);
    const base = publicLayout.base(distribution.basePath);
    const gone = goneIntervals(history, prunedAnswer(workspace, repository.name));
    const settled = promisedSettled(workspace, repository.name);
    const input = {
      distribution: distribution.name,
      repository: repository.name,
      basePath: distribution.basePath,
      horizon: history.horizon,
      settled,
      checkpoints: keptCheckpoints(history),
      gone,
      log: logHead(workspace, repository.name),
    };
    files.push(
      {
        path: path.join(base, "index.html"),
        content: pages.checkpointList({
          ...common,
          name: distribution.name,
          heading: `${config.site.mount}${distribution.basePath}/`,
          horizon: history.horizon,
          settled,
          checkpoints: checkpointRows(history, gone),
          kit,
        }),
      },
      ...logPieces(workspace, distribution),
      { path: path.join(base, "checkpoints.json"), content: renderCheckpointsJson(input) },
      ...renderYears(input).map(({ name, content }) => ({ path: path.join(base, "checkpoints", name), content })),
      ...timeMapFiles(workspace, distribution, input.checkpoints),
      ...(kit === undefined ? [] : kitFiles(workspace, distribution, kit)),
    );
  }
  for (const folder of foldersAbove(config.distributions)) {
    files.push({
      path: path.join(config.publicDir, folder, "index.html"),
      content: pages.index({
        ...common,
        heading: `${config.site.mount}${folder === "" ? "" : `${folder}/`}`,
        path: folder,
        rows: indexRows(workspace, folder),
      }),
    });
  }
  files.push({ path: siteRecordFile(config.publicDir), content: renderSiteJson(siteJson(workspace)) });
  return files;
}

function kitFiles(workspace: Workspace, { basePath }: DistributionSettings, kit: ClientKit): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
  const folder = publicLayout.kit(basePath);
  const heading = `${config.site.mount}${basePath}/kit/`;
  const page = pages.kit({ siteTitle: config.site.title, assets: assetsPath(workspace), heading, kit });
  return [
    ...kit.clients.flatMap(({ files }) =>
      files.map(({ name, text }) => ({ path: path.join(folder, name), content: text })),
    ),
    { path: path.join(folder, "index.html"), content: page },
  ];
}

function timeMapFiles(
  { config, publicLayout }: Workspace,
  { basePath }: DistributionSettings,
  kept: readonly Checkpoint[],
): readonly GeneratedFile[] {
  const paths = mementoPathsOf(config.site.mount, config.distributions).get(basePath);
  if (paths === undefined) return [];
  const origin = config.site.url === undefined ? "" : new URL(config.site.url).origin;
  return renderTimeMaps({ paths, origin, checkpoints: kept.map(({ created }) => created) }).map((file) => ({
    path: path.join(publicLayout.base(basePath), file.path),
    content: file.content,
  }));
}

/** Every checkpoint distribution, with an empty history where there is none yet: its list page is there all the same. */
function servedCheckpoints(workspace: Workspace): readonly Served[] {
  return workspace.config.distributions.flatMap((distribution) => {
    const repository = workspace.config.repositories.find((one) => one.name === distribution.repository);
    if (!distribution.checkpoint || repository === undefined) return [];
    const history = workspace.store.repository(repository.name)?.history ?? emptyHistory;
    return [{ distribution, repository, history }];
  });
}

function checkpointRows(history: ServedHistory, gone: readonly GoneInterval[]): readonly CheckpointRow[] {
  const kept = keptCheckpoints(history).map((checkpoint): CheckpointRow => ({
    ...checkpoint,
    at: checkpoint.created,
    until: checkpoint.created,
    kind: "checkpoint",
    reason: undefined,
  }));
  const runs = gone.map(({ from, until, reason }): CheckpointRow => ({
    at: from,
    until,
    kind: "gone",
    reason,
    files: 0,
    bytes: 0,
    added: 0,
    removed: 0,
    changed: 0,
    labels: [],
  }));
  return [...kept, ...runs].toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

/** "" for the front page, then every folder between it and a base path. */
export function foldersAbove(distributions: readonly DistributionSettings[]): readonly string[] {
  const folders = new Set([""]);
  for (const { basePath } of distributions) {
    for (let slash = basePath.indexOf("/"); slash >= 0; slash = basePath.indexOf("/", slash + 1)) {
      folders.add(basePath.slice(0, slash));
    }
  }
  return [...folders].toSorted();
}

function indexRows({ config, store }: Workspace, folder: string): readonly IndexRow[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  const rows = new Map<string, IndexRow>();
  for (const distribution of config.distributions) {
    if (!distribution.basePath.startsWith(prefix)) continue;
    const [name = "", ...deeper] = distribution.basePath.slice(prefix.length).split("/");
    const history = store.repository(distribution.repository)?.history;
    const here = {
      name: distribution.name,
      checkpoint: distribution.checkpoint,
      checkpoints: history === undefined ? 0 : keptCheckpoints(history).length,
      newest: history === undefined ? undefined : newestServed(distribution, history),
    };
    rows.set(name, { name, distribution: deeper.length === 0 ? here : undefined });
  }
  return [...rows.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
