import { calendarYear } from "./calendar.ts";
import type { CalendarYear } from "./calendar.ts";
import { pageRows, respellTimestamps, rowsPage } from "./checkpoint-rows.ts";
import type { CheckpointPageRow, CheckpointRowsPage } from "./checkpoint-rows.ts";
import type { ClientKit } from "./client-kit.ts";
import { siteCrumbs } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import { encodeSegment } from "./encode-segment.ts";
import { showTime, showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import type { CheckpointListView, CheckpointRow } from "./views.ts";

/** What `checkpoint-list.eta` finds in `it`. */
export interface CheckpointListPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly script: string;
  readonly crumbs: readonly Crumb[];
  /** Name of the distribution. */
  readonly name: string;
  readonly settled: boolean;
  readonly horizon: ShownTime | undefined;
  /** How many checkpoints are kept. */
  readonly kept: number;
  /** Oldest first. */
  readonly rows: readonly CheckpointPageRow[];
  /** The same by year, oldest first. A theme with pages of years shows those that are `isShown`. */
  readonly years: readonly CheckpointListYear[];
  readonly hasFeed: boolean;
  readonly kit: KitSection | undefined;
}

interface CheckpointListYear {
  readonly year: string;
  readonly kept: number;
  /** Of the page of that year. */
  readonly href: string;
  /** What `checkpoint-rows.eta` makes of the rows of that year, or of the newest of them where `isCut`. */
  readonly text: string;
  readonly calendar: CalendarYear;
  readonly isShown: boolean;
  readonly isCut: boolean;
}

/** Ready lines for clients: they spell the newest checkpoint and no other time. */
interface KitSection {
  readonly newest: ShownTime;
  readonly clients: readonly {
    readonly title: string;
    readonly note: string | undefined;
    readonly files: readonly { readonly href: string; readonly name: string; readonly text: string }[];
  }[];
  readonly leftOut: number;
  readonly complete: boolean;
}

/** How many rows a page of the list has at most: the newest years that fit. */
export const rowsOnPage = 1000;

/**
 * Clients and Pulp's own tests find checkpoints by collecting `\d{8}T\d{6}Z` from this page, so nothing but a kept checkpoint may be spelled like that:
 * free text is respelled here, and templates print other times by `date` or `iso`. A theme with `hasYearPages` shows the newest years that are together not longer than a page.
 */
export function checkpointListPage(
  view: CheckpointListView,
  renderRows: (rows: CheckpointRowsPage) => string,
  { script, hasYearPages }: { readonly script: string; readonly hasYearPages: boolean },
): CheckpointListPage {
  const { checkpoints } = view;
  const rows = pageRows(checkpoints, "./");
  const rowsText = view.rowsText ?? ((_, render) => render());
  const kept = checkpoints.filter(isKept);
  return {
    heading: view.heading,
    siteTitle: respellTimestamps(view.siteTitle),
    assets: view.assets,
    script,
    crumbs: siteCrumbs(view.heading, view.assets),
    name: respellTimestamps(view.name),
    settled: view.settled,
    horizon: showTimeIfAny(view.horizon),
    kept: kept.length,
    rows,
    years: yearsOf(checkpoints).map(({ year, from, until }, index, years) => {
      const isNewest = index === years.length - 1;
      const isCut = hasYearPages && isNewest && until - from > rowsOnPage;
      const shownFrom = isCut ? until - rowsOnPage : from;
      return {
        year,
        kept: checkpoints.slice(from, until).filter(isKept).length,
        href: `./years/${year}.html`,
        isShown: isNewest || checkpoints.length - from <= rowsOnPage,
        isCut,
        get text() {
          return rowsText(year, () => renderRows(rowsPage(rows.slice(shownFrom, until))));
        },
        get calendar() {
          return calendarYear(checkpoints.slice(from, until), "./");
        },
      };
    }),
    hasFeed: view.hasFeed,
    kit: view.kit === undefined ? undefined : kitSection(view.kit),
  };
}

function isKept({ kind }: CheckpointRow): boolean {
  return kind === "checkpoint";
}

/** Where each year begins and ends among rows that ascend. */
function yearsOf(
  rows: readonly CheckpointRow[],
): readonly { readonly year: string; readonly from: number; readonly until: number }[] {
  const years: { readonly year: string; readonly from: number; until: number }[] = [];
  for (const [index, { at }] of rows.entries()) {
    const last = years.at(-1);
    if (last !== undefined && at.startsWith(last.year)) last.until = index + 1;
    else years.push({ year: at.slice(0, "YYYY".length), from: index, until: index + 1 });
  }
  return years;
}

function kitSection({ newest, clients, leftOut, complete }: ClientKit): KitSection {
  return {
    newest: showTime(newest),
    clients: clients.map(({ title, files, note }) => ({
      title,
      note,
      files: files.map(({ name, text }) => ({ href: `./kit/${encodeSegment(name)}`, name, text })),
    })),
    leftOut,
    complete,
  };
}
