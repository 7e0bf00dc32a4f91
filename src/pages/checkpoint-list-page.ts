import { classicPadding } from "./classic-padding.ts";
import type { ClientKit } from "./client-kit.ts";
import { encodeSegment, hrefOf } from "./encode-segment.ts";
import { showTime, showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { showSize } from "./listing-page.ts";
import type { ShownSize } from "./listing-page.ts";
import type { CheckpointListView, CheckpointRow } from "./views.ts";

/** What `checkpoint-list.eta` finds in `it`. */
export interface CheckpointListPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  /** Name of the distribution. */
  readonly name: string;
  readonly settled: boolean;
  readonly horizon: ShownTime | undefined;
  /** How many checkpoints are kept. */
  readonly kept: number;
  /** Oldest first. */
  readonly rows: readonly CheckpointPageRow[];
  /** The same by year, oldest first: `text` is what `checkpoint-rows.eta` makes of those of one year. */
  readonly years: readonly { readonly text: string }[];
  readonly kit: KitSection | undefined;
}

/** What `checkpoint-rows.eta` finds in `it`, oldest first. */
export interface CheckpointRowsPage {
  readonly rows: readonly CheckpointPageRow[];
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

type CheckpointPageRow = KeptRow | GoneRow;

interface KeptRow {
  readonly kind: "checkpoint";
  readonly href: string;
  readonly at: ShownTime;
  readonly padding: string;
  readonly files: number;
  readonly size: ShownSize;
  /** `+3 −1 ~2`, or `none`. */
  readonly changes: string;
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

/**
 * Clients and Pulp's own tests find checkpoints by collecting `\d{8}T\d{6}Z` from this page, so nothing but a kept checkpoint may be spelled like that:
 * free text is respelled here, and templates print other times by `date` or `iso`.
 */
export function checkpointListPage(
  view: CheckpointListView,
  renderRows: (rows: CheckpointRowsPage) => string,
): CheckpointListPage {
  const rows = view.checkpoints.map((row) => (row.kind === "checkpoint" ? new LazyRow(row) : goneRow(row)));
  const rowsText = view.rowsText ?? ((_, render) => render());
  return {
    heading: view.heading,
    siteTitle: respellTimestamps(view.siteTitle),
    assets: view.assets,
    name: respellTimestamps(view.name),
    settled: view.settled,
    horizon: showTimeIfAny(view.horizon),
    kept: view.checkpoints.filter(({ kind }) => kind === "checkpoint").length,
    rows,
    years: yearsOf(view.checkpoints).map(({ year, from, until }) => ({
      get text() {
        return rowsText(year, () => renderRows({ rows: rows.slice(from, until) }));
      },
    })),
    kit: view.kit === undefined ? undefined : kitSection(view.kit),
  };
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

/** Made of its checkpoint as a template asks: there may be 10,000 of them, and no template wants all of each. */
class LazyRow implements KeptRow {
  readonly kind = "checkpoint";
  readonly #row: CheckpointRow;
  #at: ShownTime | undefined;
  #size: ShownSize | undefined;
  constructor(row: CheckpointRow) {
    this.#row = row;
  }
  get href(): string {
    return hrefOf(this.#row.at, "directory");
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

function showChanges({ added, removed, changed }: CheckpointRow): string {
  const more = added > 0 ? `+${added}` : "";
  const fewer = removed > 0 ? `\u2212${removed}` : "";
  const other = changed > 0 ? `~${changed}` : "";
  const shown = [more, fewer, other].filter((part) => part !== "").join(" ");
  return shown === "" ? "none" : shown;
}

/** `20250130T203000Z` becomes `2025-01-30 20:30:00`. Any script's digits: Python's `\d` takes them all. */
function respellTimestamps(text: string): string {
  return text.replace(/(\p{Nd}{4})(\p{Nd}{2})(\p{Nd}{2})T(\p{Nd}{2})(\p{Nd}{2})(\p{Nd}{2})Z/gu, "$1-$2-$3 $4:$5:$6");
}
