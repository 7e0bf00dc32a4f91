import type { Timeline } from "../../model/timeline.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import { boundariesOf, openAnswer } from "../day-lists.ts";
import type { Boundary, OpenAnswer } from "../day-lists.ts";
import { longestList } from "./caddy-search.ts";

/**
 * The boundaries of a timeline as tables that Caddy's `map` can look up. DAY-LISTS.md tells how they are searched.
 *
 * A list reads `/BEFORE,ITEM,ITEM`: BEFORE is the last boundary before all that the list is about, or nothing (`:BEFORE` without its month, where that is the one of the list), and the items are
 * the boundaries in it, oldest first, without the beginning that they share. A capital behind each tells its kind: none a checkpoint, G checkpoints that are gone, and after the horizon O (the newest is kept), W (it is gone) or N (there is none).
 */
export interface CaddyTimes {
  /** Lists of months, years and centuries, by their digits, with whole boundaries in them; a month, year or century that is not here is told by a finer table. */
  readonly months: readonly CaddyList[];
  readonly years: readonly CaddyList[];
  readonly centuries: readonly CaddyList[];
  /** The list of every century that is nowhere else: those after all boundaries. */
  readonly later: string;
  /** Months of many boundaries, by the ten hours that a time begins with: `18T1`. */
  readonly tenths: CaddyTable;
  /** Days, hours and minutes of many boundaries, by hour, minute and second. */
  readonly hours: CaddyTable;
  readonly minutes: CaddyTable;
  readonly seconds: CaddyTable;
}

export interface CaddyList {
  readonly key: string;
  readonly list: string;
}

/** A row for each key, with a list for each column; `+` where the next finer table has them, `!` where there is no such day. */
export interface CaddyTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly lists: readonly string[] }[];
}

export function caddyTimes(timeline: Timeline): CaddyTimes {
  const boundaries = boundariesOf(timeline);
  const open = openAnswer(timeline);

  const centuries = stretchesOf("", numbers(0, 99), { from: 0, to: boundaries.length });
  const years = centuries.filter(isLong).flatMap((century) => stretchesOf(century.key, numbers(0, 99), century));
  const months = years.filter(isLong).flatMap((year) => stretchesOf(year.key, numbers(1, 12), year));
  const tenths = months
    .filter(isLong)
    .map((month) => ({ ...month, parts: stretchesOf(month.key, tenthsOfMonths, month) }));
  const hours = rowsOf(
    tenths.flatMap(({ parts }) => parts.filter(isLong)),
    8,
    numbers(0, 23, "T"),
  );
  const minutes = rowsOf(
    hours.flatMap(({ parts }) => parts.filter(isLong)),
    11,
    numbers(0, 59),
  );
  const seconds = rowsOf(
    minutes.flatMap(({ parts }) => parts.filter(isLong)),
    13,
    numbers(0, 59),
  );

  const last = boundaries.at(-1);
  return {
    months: listsOf(months),
    years: listsOf(years),
    centuries: listsOf(centuries.filter(({ key }) => last !== undefined && key <= last.at.slice(0, 2))),
    later: listOf({ key: "", from: boundaries.length, to: boundaries.length }, 0),
    tenths: tableOf(tenthsOfMonths, tenths, 10),
    hours: tableOf(numbers(0, 23), hours, 11),
    minutes: tableOf(numbers(0, 59), minutes, 13),
    seconds: tableOf(numbers(0, 59), seconds, 15),
  };

  /** The boundaries of a stretch, which begin with its key, by what they go on with. */
  function stretchesOf(
    key: string,
    endings: readonly string[],
    { from, to }: Pick<Stretch, "from" | "to">,
  ): readonly Stretch[] {
    let next = from;
    return endings.map((ending) => {
      const start = next;
      while (next < to && boundaries[next]?.at.startsWith(key + ending) === true) next++;
      return { key: key + ending, from: start, to: next };
    });
  }

  /** A row for each first `length` characters of the keys of stretches. */
  function rowsOf(long: readonly Stretch[], length: number, endings: readonly string[]): readonly Row[] {
    const starts = new Map(long.map(({ key, from }) => [key.slice(0, length), from]));
    return [...starts].map(([key, inside]) => {
      let from = inside;
      let to = inside;
      while (boundaries[from - 1]?.at.startsWith(key) === true) from--;
      while (boundaries[to]?.at.startsWith(key) === true) to++;
      return { key, parts: stretchesOf(key, endings, { from, to }) };
    });
  }

  function listsOf(stretches: readonly Stretch[]): readonly CaddyList[] {
    return stretches.filter((one) => !isLong(one)).map((one) => ({ key: one.key, list: listOf(one, 0) }));
  }

  function tableOf(columns: readonly string[], rows: readonly Row[], shared: number): CaddyTable {
    return {
      columns,
      rows: rows.map(({ key, parts }) => ({
        key,
        lists: parts.map((part) =>
          isLong(part) ? "+" : isRealDay(part.key) ? listOf(part, shared) + endOfDay(part.key) : "!",
        ),
      })),
    };
  }

  function listOf({ key, from, to }: Stretch, shared: number): string {
    const earlier = boundaries[from - 1];
    const before = earlier === undefined ? "" : write(earlier, open);
    const isOfThisMonth = shared > 6 && before.startsWith(key.slice(0, 6));
    const items = boundaries.slice(from, to).map((boundary) => `,${write(boundary, open).slice(shared)}`);
    return `${isOfThisMonth ? `:${before.slice(6)}` : `/${before}`}${items.join("")}`;
  }
}

/** Neighbouring boundaries, from one index to before another, that begin with `key`. */
interface Stretch {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

interface Row {
  readonly key: string;
  readonly parts: readonly Stretch[];
}

function isLong({ from, to }: Stretch): boolean {
  return to - from > longestList;
}

/** The ten hours from 20:00 end with midnight: an item earlier than 24:00:00 that nothing takes for one. */
function endOfDay(key: string): string {
  return key.length === 10 && key.endsWith("T2") ? ",4/" : "";
}

/** Whether there is a day that the first eight digits of a key name. */
function isRealDay(key: string): boolean {
  return isTimestamp(`${key.slice(0, 8)}T000000Z`);
}

function write({ at, kind }: Boundary, open: OpenAnswer): string {
  const letter = kind === "checkpoint" ? "" : kind === "gone" ? "G" : openLetters[open.kind];
  return at.slice(0, 15) + letter;
}

const openLetters = { checkpoint: "O", gone: "W", none: "N" } as const satisfies Record<OpenAnswer["kind"], string>;

function numbers(from: number, to: number, before = ""): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => before + String(from + index).padStart(2, "0"));
}

/** `01T0`, `01T1`, `01T2`, `02T0` … */
const tenthsOfMonths: readonly string[] = numbers(1, 31).flatMap((day) =>
  ["T0", "T1", "T2"].map((hours) => day + hours),
);
