import { classicPadding } from "./classic-padding.ts";
import { showTime } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { showSize } from "./listing-page.ts";
import type { ShownSize } from "./listing-page.ts";
import { showChanges } from "./show-changes.ts";
import type { CheckpointRow } from "./views.ts";

/** What `checkpoint-rows.eta` finds in `it`: the rows of one year, oldest first, and the same by month. */
export interface CheckpointRowsPage {
  readonly rows: readonly CheckpointPageRow[];
  readonly months: readonly MonthRows[];
}

export interface MonthRows {
  /** `January 2025` */
  readonly title: string;
  readonly rows: readonly CheckpointPageRow[];
}

export type CheckpointPageRow = KeptRow | GoneRow;

interface KeptRow {
  readonly kind: "checkpoint";
  readonly href: string;
  readonly at: ShownTime;
  readonly padding: string;
  readonly files: number;
  readonly size: ShownSize;
  /** `+3 −1 ~2`, or `none`; and the page that tells them. */
  readonly changes: string;
  readonly changesPage: string;
  readonly labels: readonly string[];
}

interface GoneRow {
  readonly kind: "gone";
  readonly at: ShownTime;
  /** Undefined for a single tombstone. */
  readonly until: ShownTime | undefined;
  /** "" when none was given. */
  readonly reason: string;
}

/** `up` leads from the page to the distribution: `./` on its own page. */
export function pageRows(rows: readonly CheckpointRow[], up: string): readonly CheckpointPageRow[] {
  return rows.map((row) => (row.kind === "checkpoint" ? new LazyRow(row, up) : goneRow(row)));
}

export function rowsPage(rows: readonly CheckpointPageRow[]): CheckpointRowsPage {
  const months: { readonly title: string; readonly rows: CheckpointPageRow[] }[] = [];
  for (const row of rows) {
    const title = monthTitle(row.at.stamp.slice(0, "YYYYMM".length));
    const last = months.at(-1);
    if (last?.title === title) last.rows.push(row);
    else months.push({ title, rows: [row] });
  }
  return { rows, months };
}

/** `202503` or `2025-03` becomes `March 2025`. */
export function monthTitle(month: string): string {
  return `${monthNames[Number(month.slice(-2)) - 1] ?? ""} ${month.slice(0, 4)}`;
}

export const monthNames: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Made of its checkpoint as a template asks: there may be 10,000 of them, and no template wants all of each. */
class LazyRow implements KeptRow {
  readonly kind = "checkpoint";
  readonly #row: CheckpointRow;
  readonly #up: string;
  #at: ShownTime | undefined;
  #size: ShownSize | undefined;
  constructor(row: CheckpointRow, up: string) {
    this.#row = row;
    this.#up = up;
  }
  get href(): string {
    return `${this.#up}${this.#row.at}/`;
  }
  get at(): ShownTime {
    return (this.#at ??= showTime(this.#row.at));
  }
  get padding(): string {
    return classicPadding(`${this.#row.at}/`);
  }
  get files(): number {
    return this.#row.files;
  }
  get size(): ShownSize {
    return (this.#size ??= showSize(this.#row.bytes));
  }
  get changes(): string {
    return showChanges(this.#row);
  }
  get changesPage(): string {
    return `${this.#up}_asof/${this.#row.at}/changes/`;
  }
  get labels(): readonly string[] {
    return this.#row.labels;
  }
}

function goneRow(row: CheckpointRow): GoneRow {
  return {
    kind: "gone",
    at: showTime(row.at),
    until: row.until === row.at ? undefined : showTime(row.until),
    reason: respellTimestamps(row.reason ?? ""),
  };
}

/** No time but that of a kept checkpoint may be spelled as one: `20250130T203000Z` becomes `2025-01-30 20:30:00`. Any script's digits: Python's `\d` takes them all. */
export function respellTimestamps(text: string): string {
  return text.replace(/(\p{Nd}{4})(\p{Nd}{2})(\p{Nd}{2})T(\p{Nd}{2})(\p{Nd}{2})(\p{Nd}{2})Z/gu, "$1-$2-$3 $4:$5:$6");
}
