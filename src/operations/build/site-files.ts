import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { goneIntervals } from "../../model/history-timeline.ts";
import type { Checkpoint } from "../../model/history.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import { neighboursOf } from "../../model/timeline.ts";
import type { ClientKit } from "../../pages/client-kit.ts";
import { renderCheckpointsJson, renderYears } from "../../pages/checkpoints-json.ts";
import type { CheckpointsJsonInput } from "../../pages/checkpoints-json.ts";
import { renderSiteJson } from "../../pages/site-json.ts";
import { hasYearMaps, renderTimeMaps } from "../../pages/time-map.ts";
import type { IndexDistribution, IndexRow } from "../../pages/views.ts";
import { readIfThere } from "../../store/disk.ts";
import { emptyLog } from "../../store/log.ts";
import { assetsPath } from "./assets-path.ts";
import { headText, logHead, newestServed, siteJson } from "./describe-site.ts";
import type { ClientKits } from "./client-kit.ts";
import type { GeneratedGroup } from "./made-files.ts";
import { logPieces } from "./published-log.ts";
import type { RowTexts } from "./row-texts.ts";
import { repositoryTimeline } from "./rules-files.ts";
import { promisedSettled, prunedAnswer } from "../publish/settled.ts";
import { programFiles } from "./program-files.ts";
import { schemaFiles } from "./schema-files.ts";
import { servedCheckpoints } from "./served-checkpoints.ts";
import type { Served } from "./served-checkpoints.ts";
import { siteRecordFile } from "./site-record.ts";
import type { Workspace } from "../workspace.ts";
import { checkpointRows, pagedYears, yearPages } from "./year-pages.ts";

/** A generated file: absolute path and content. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
  /** Bytes of one whose content never changes once it is there. */
  readonly finalBytes?: number;
}

/** Whether a file is there as it has to be, to the byte. */
export function hasContent(file: GeneratedFile): boolean {
  return readIfThere(file.path)?.equals(Buffer.from(file.content)) === true;
}

/** The stylesheet and whatever else all pages share, and what describes the JSON to programs. */
export function assetFiles(workspace: Workspace): readonly GeneratedFile[] {
  const { pages, publicLayout } = workspace;
  const shared = [...pages.assets].map(([name, content]) => ({ path: path.join(publicLayout.assets, name), content }));
  return [...shared, ...schemaFiles(workspace)];
}

/** The pages that 410 answers show, one for each run of tombstones: a group for each distribution. */
export function gonePages(workspace: Workspace): readonly GeneratedGroup[] {
  return servedCheckpoints(workspace).map((served) => ({
    name: `gone ${served.distribution.basePath}`,
    madeOf: headText(workspace, served.repository.name),
    make: () => gonePagesOf(workspace, served),
  }));
}

function gonePagesOf(workspace: Workspace, { distribution, repository, history }: Served): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
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
}

/**
 * Lists of checkpoints, their JSON, feeds, TimeMaps and logs. What is about one year is a group of its own, and so is each whole piece of a log: a checkpoint changes those of its own year.
 */
export function listFiles(workspace: Workspace, kits: ClientKits, rowTexts: RowTexts): readonly GeneratedGroup[] {
  const heads = workspace.config.repositories.map(({ name }) => headText(workspace, name)).join(" ");
  const lists = servedCheckpoints(workspace).flatMap((served) => {
    const { distribution, repository, history } = served;
    const base = distribution.basePath;
    const log = workspace.store.repository(repository.name)?.log ?? emptyLog;
    const kept = keptCheckpoints(history);
    const gone = goneIntervals(history, prunedAnswer(workspace, repository.name));
    const years = pagedYears(workspace, kept, gone);
    return [
      // The kit tells of other repositories, too.
      { name: `list ${base}`, madeOf: heads, make: () => newestFiles(workspace, kits, rowTexts, served) },
      { name: `look-ups ${base}`, madeOf: repository.name, make: () => lookUpPages(workspace, served) },
      ...logPieces(workspace, distribution),
      ...years.map((year, index): GeneratedGroup => {
        const beside = { older: years[index - 1], newer: years[index + 1] };
        const told = log.digestAt((history.tellingYears.get(year) ?? 0) - 1) ?? "";
        const madeOf = [told, beside, gone.filter(({ from }) => from.startsWith(year))];
        const make = (): readonly GeneratedFile[] => yearPages(workspace, distribution, year, { kept, gone }, beside);
        return { name: `years ${base} ${year}`, madeOf: JSON.stringify(madeOf), make };
      }),
      ...[...history.tellingYears].flatMap(([year, lines]): readonly GeneratedGroup[] => {
        const told = log.digestAt(lines - 1) ?? "";
        const relations = [kept[0], kept.at(-1)].map((one) =>
          one?.created.startsWith(year) === true ? one.created : "",
        );
        const isOwnMap = hasYearMaps(kept.length);
        return [
          { name: `year ${base} ${year}`, madeOf: told, make: () => yearFile(workspace, served, year) },
          {
            name: `timemap ${base} ${year}`,
            madeOf: `${told} ${isOwnMap ? "own" : "none"} ${relations.join(" ")}`,
            make: () => (isOwnMap ? timeMapFiles(workspace, distribution, kept).filter(isOfYear(year)) : []),
          },
        ];
      }),
    ];
  });
  return [...lists, ...programFiles(workspace)];
}

/** Front page, those of the folders above base paths, and `site.json`, which comes last. */
export function topFiles(workspace: Workspace): readonly GeneratedFile[] {
  const { config, pages } = workspace;
  const indexes = foldersAbove(config.distributions).map((folder) => ({
    path: path.join(config.publicDir, folder, "index.html"),
    content: pages.index({
      siteTitle: config.site.title,
      assets: assetsPath(workspace),
      heading: `${config.site.mount}${folder === "" ? "" : `${folder}/`}`,
      path: folder,
      rows: indexRows(workspace, folder),
      distributions: indexDistributions(workspace, folder),
    }),
  }));
  return [...indexes, { path: siteRecordFile(config.publicDir), content: renderSiteJson(siteJson(workspace)) }];
}

/** What changes with every checkpoint of a distribution. */
function newestFiles(
  workspace: Workspace,
  kits: ClientKits,
  rowTexts: RowTexts,
  served: Served,
): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
  const { distribution, history } = served;
  const kit = kits.of(distribution);
  const base = publicLayout.base(distribution.basePath);
  const input = jsonInput(workspace, served);
  const page = pages.checkpointList({
    siteTitle: config.site.title,
    assets: assetsPath(workspace),
    name: distribution.name,
    heading: `${config.site.mount}${distribution.basePath}/`,
    horizon: history.horizon,
    settled: input.settled,
    hasFeed: config.site.url !== undefined,
    checkpoints: checkpointRows(input.checkpoints, input.gone),
    kit,
    rowsText: rowTexts.of(distribution),
  });
  return [
    { path: path.join(base, "index.html"), content: page },
    { path: path.join(base, "checkpoints.json"), content: renderCheckpointsJson(input) },
    ...timeMapFiles(workspace, distribution, input.checkpoints).slice(0, 1),
    ...(kit === undefined ? [] : kitFiles(workspace, distribution, kit)),
  ];
}

function lookUpPages(workspace: Workspace, { distribution, repository }: Served): readonly GeneratedFile[] {
  const { config, pages, publicLayout } = workspace;
  const { basePath } = distribution;
  const view = {
    siteTitle: config.site.title,
    assets: assetsPath(workspace),
    heading: `${config.site.mount}${basePath}/`,
    repository: repository.name,
    isTold: repository.history,
  };
  return [
    { folder: publicLayout.compare(basePath), content: pages.compare?.(view) },
    { folder: publicLayout.history(basePath), content: pages.history?.(view) },
  ].flatMap(({ folder, content }) =>
    content === undefined ? [] : [{ path: path.join(folder, "index.html"), content }],
  );
}

function yearFile(workspace: Workspace, served: Served, year: string): readonly GeneratedFile[] {
  const base = workspace.publicLayout.base(served.distribution.basePath);
  const input = jsonInput(workspace, served);
  const checkpoints = input.checkpoints.filter(({ created }) => created.startsWith(year));
  return renderYears({ ...input, checkpoints }).map(({ name, content }) => ({
    path: path.join(base, "checkpoints", name),
    content,
  }));
}

function isOfYear(year: string): (file: GeneratedFile) => boolean {
  return ({ path: file }) => path.basename(file) === year;
}

function jsonInput(workspace: Workspace, { distribution, repository, history }: Served): CheckpointsJsonInput {
  return {
    distribution: distribution.name,
    repository: repository.name,
    basePath: distribution.basePath,
    horizon: history.horizon,
    settled: promisedSettled(workspace, repository.name),
    checkpoints: keptCheckpoints(history),
    gone: goneIntervals(history, prunedAnswer(workspace, repository.name)),
    log: logHead(workspace, repository.name),
  };
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
    get content() {
      return file.content;
    },
  }));
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
    rows.set(name, {
      name,
      distribution: deeper.length === 0 ? shownDistribution({ store }, distribution) : undefined,
    });
  }
  return [...rows.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function indexDistributions({ config, store }: Workspace, folder: string): readonly IndexDistribution[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  return config.distributions
    .filter(({ basePath }) => basePath.startsWith(prefix))
    .map((distribution) => ({
      ...shownDistribution({ store }, distribution),
      path: distribution.basePath.slice(prefix.length),
      horizon: distribution.checkpoint ? store.repository(distribution.repository)?.history.horizon : undefined,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function shownDistribution(
  { store }: Pick<Workspace, "store">,
  distribution: DistributionSettings,
): NonNullable<IndexRow["distribution"]> {
  const history = store.repository(distribution.repository)?.history;
  return {
    name: distribution.name,
    checkpoint: distribution.checkpoint,
    checkpoints: history === undefined ? 0 : keptCheckpoints(history).length,
    newest: history === undefined ? undefined : newestServed(distribution, history),
  };
}
