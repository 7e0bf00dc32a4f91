import { calendarYear } from "./calendar.ts";
import type { CalendarYear } from "./calendar.ts";
import { monthTitle, pageRows, respellTimestamps, rowsPage } from "./checkpoint-rows.ts";
import type { CheckpointRowsPage } from "./checkpoint-rows.ts";
import { siteCrumbs } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import type { CheckpointYearView } from "./views.ts";

/** What `checkpoint-year.eta` finds in `it`. */
export interface CheckpointYearPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly script: string;
  readonly crumbs: readonly Crumb[];
  /** Name of the distribution. */
  readonly name: string;
  readonly kept: number;
  /** Undefined for one month. */
  readonly calendar: CalendarYear | undefined;
  /** Empty where the months have pages of their own. */
  readonly rows: CheckpointRowsPage;
  /** Newest first. */
  readonly months: readonly { readonly title: string; readonly href: string; readonly checkpoints: number }[];
  readonly older: Neighbour | undefined;
  readonly newer: Neighbour | undefined;
}

interface Neighbour {
  readonly text: string;
  readonly href: string;
}

/** The page of a year, or of a month of it, in the folder `years` of its distribution. What is said of the spelling of times in checkpoint-list-page.ts goes for it too. */
export function checkpointYearPage(view: CheckpointYearView, script: string): CheckpointYearPage {
  const { heading, assets, checkpoints, months } = view;
  const isMonth = view.isMonth;
  return {
    heading,
    siteTitle: respellTimestamps(view.siteTitle),
    assets,
    script,
    crumbs: siteCrumbs(heading, assets),
    name: respellTimestamps(view.name),
    kept: checkpoints.filter(({ kind }) => kind === "checkpoint").length,
    calendar: isMonth ? undefined : calendarYear(checkpoints, "../"),
    rows: rowsPage(months.length > 0 ? [] : pageRows(checkpoints, "../")),
    months: months.toReversed().map(({ month, checkpoints: kept }) => ({
      title: monthTitle(month),
      href: `./${month}.html`,
      checkpoints: kept,
    })),
    older: neighbour(view.older),
    newer: neighbour(view.newer),
  };
}

function neighbour(name: string | undefined): Neighbour | undefined {
  if (name === undefined) return undefined;
  return { text: name.includes("-") ? monthTitle(name) : name, href: `./${name}.html` };
}
