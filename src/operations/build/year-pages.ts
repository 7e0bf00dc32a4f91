import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { GoneInterval } from "../../model/history-timeline.ts";
import { rowsOnPage } from "../../pages/checkpoint-list-page.ts";
import type { CheckpointRow, CheckpointYearView } from "../../pages/views.ts";
import { assetsPath } from "./assets-path.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** The years that have pages, oldest first: those with a row in the list, in themes that have such pages. */
export function pagedYears(
  { pages }: Pick<Workspace, "pages">,
  kept: readonly Checkpoint[],
  gone: readonly GoneInterval[],
): readonly string[] {
  if (pages.checkpointYear === undefined) return [];
  const times = [...kept.map(({ created }) => created), ...gone.map(({ from }) => from)];
  return [...new Set(times.map((at) => at.slice(0, "YYYY".length)))].toSorted();
}

/**
 * The page of a year. Every year has one, also where the list of all shows it: the pages of its checkpoints, which never change, lead to it. A year with more rows than fit on a page has one for each month.
 */
export function yearPages(
  workspace: Workspace,
  distribution: DistributionSettings,
  year: string,
  all: { readonly kept: readonly Checkpoint[]; readonly gone: readonly GoneInterval[] },
  beside: Pick<CheckpointYearView, "older" | "newer">,
): readonly GeneratedFile[] {
  const rows = checkpointRows(
    all.kept.filter(({ created }) => created.startsWith(year)),
    all.gone.filter(({ from }) => from.startsWith(year)),
  );
  const months = rows.length > rowsOnPage ? byMonth(rows) : [];
  const counts = months.map(({ month, rows: ofMonth }) => ({
    month,
    checkpoints: ofMonth.filter(({ kind }) => kind === "checkpoint").length,
  }));
  return [
    file(year, { ...beside, isMonth: false, checkpoints: rows, months: counts }),
    ...months.map(({ month, rows: ofMonth }, index) => {
      const [older, newer] = [months[index - 1]?.month, months[index + 1]?.month];
      return file(month, { isMonth: true, checkpoints: ofMonth, months: [], older, newer });
    }),
  ];

  function file(
    name: string,
    view: Omit<CheckpointYearView, "name" | "heading" | "siteTitle" | "assets">,
  ): GeneratedFile {
    const { config, pages, publicLayout } = workspace;
    const content = pages.checkpointYear?.({
      siteTitle: config.site.title,
      assets: assetsPath(workspace),
      name: distribution.name,
      heading: `${config.site.mount}${distribution.basePath}/${name}`,
      ...view,
    });
    return { path: path.join(publicLayout.years(distribution.basePath), `${name}.html`), content: content ?? "" };
  }
}

/** Whether asof gives that name to a page of a year or a month. */
export function isYearPageName(name: string): boolean {
  return /^\d{4}(?:-\d{2})?\.html$/.test(name);
}

function byMonth(
  rows: readonly CheckpointRow[],
): readonly { readonly month: string; readonly rows: readonly CheckpointRow[] }[] {
  const months = new Map<string, CheckpointRow[]>();
  for (const row of rows) {
    const month = `${row.at.slice(0, 4)}-${row.at.slice(4, 6)}`;
    const found = months.get(month);
    if (found === undefined) months.set(month, [row]);
    else found.push(row);
  }
  return [...months].map(([month, ofMonth]) => ({ month, rows: ofMonth }));
}

/** Kept checkpoints and runs of tombstones, oldest first. */
export function checkpointRows(
  checkpoints: readonly Checkpoint[],
  gone: readonly GoneInterval[],
): readonly CheckpointRow[] {
  const kept = checkpoints.map(({ created, files, bytes, added, removed, changed, labels }): CheckpointRow => ({
    at: created,
    until: created,
    kind: "checkpoint",
    reason: undefined,
    files,
    bytes,
    added,
    removed,
    changed,
    labels,
  }));
  if (gone.length === 0) return kept;
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
