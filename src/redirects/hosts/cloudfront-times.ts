import { Failure } from "../../failure.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Timeline, TimelinePoint } from "../../model/timeline.ts";
import { parseTimestamp, secondsOf } from "../../model/timestamp.ts";
import { dayLists } from "../day-lists.ts";
import type { Boundary, DayList } from "../day-lists.ts";

/** The points of a timeline in the text of a function: numbers of equal width that sort as they stand. `templates/hosts/cloudfront/inline-times.eta` reads them. */
export interface InlineTimes {
  /** Seconds since 1970 that all are counted from. */
  readonly from: number;
  /** Characters a point. */
  readonly width: number;
  readonly points: string;
}

export function inlineTimes({ points }: Timeline): InlineTimes {
  const from = points[0] === undefined ? 0 : secondsOf(points[0].at);
  const numbers = points.map(({ at, kind }) => 2 * (secondsOf(at) - from) + (kind === "gone" ? 1 : 0));
  let width = 1;
  while (base ** width <= (numbers.at(-1) ?? 0)) width++;
  return { from, width, points: numbers.map((number) => inBase91(number, width)).join("") };
}

const base = 91;

/** Digits are the characters from `#` to `~`, without the backslash. */
function inBase91(number: number, width: number): string {
  let text = "";
  for (let rest = number; text.length < width; rest = Math.floor(rest / base)) {
    const digit = rest % base;
    text = String.fromCharCode(35 + digit + (digit >= 57 ? 1 : 0)) + text;
  }
  return text;
}

/** One entry of a CloudFront key value store. */
export interface StoredValue {
  readonly key: string;
  readonly value: string;
}

/** AWS: a key and its value together. */
const largestPair = 1024;

/**
 * A timeline in a key value store: under `key` its horizon, last point, newest and first checkpoint and whether they are settled, under `key/20250318` the list of a day, and so on (DAY-LISTS.md).
 * `templates/hosts/cloudfront/stored-times.eta` reads them.
 *
 * A CONFIG failure when a list is too long for the store: more than 70 years of one century with many checkpoints each.
 */
export function storedTimes(key: string, timeline: Timeline): readonly StoredValue[] {
  const { points, horizon, settled } = timeline;
  const last = points.at(-1);
  const first = points.find(({ kind }) => kind === "checkpoint")?.at ?? "";
  const known = [
    // Without points there are no lists: all is open.
    last === undefined ? "" : (horizon ?? last.at),
    last === undefined ? "" : pack(last),
    newestCheckpoint(timeline) ?? "",
    first,
    settled ? "settled" : "",
  ];
  // What is open is known without a list: settled points alone are asked for.
  const lists = points.length === 0 ? [] : dayLists({ ...timeline, horizon: parseTimestamp("99991231T235959Z") });
  const dividedDays = new Set(lists.flatMap(({ prefix }) => (prefix.length === 10 ? [prefix.slice(0, 8)] : [])));
  const values = [
    { key, value: known.join(",") },
    ...lists.map((list) => ({ key: `${key}/${list.prefix}`, value: packList(list, dividedDays.has(list.prefix)) })),
  ];
  const large = values.find((one) => one.key.length + one.value.length > largestPair);
  if (large !== undefined) {
    throw new Failure("CONFIG", `the list ${large.key} is too long for a CloudFront key value store`, {
      hint: "keep fewer checkpoints (retain), or take the host `cloudfront` out of the configuration",
    });
  }
  return values;
}

/** `ITEMS=BEFORE`, newest first, with a plus sign before it when parts of the day have lists of their own. */
function packList({ prefix, boundaries, before }: DayList, isDivided: boolean): string {
  const items = boundaries.map((boundary) => pack(boundary).slice(prefix.length)).join("");
  return `${isDivided ? "+" : ""}${items}=${before === undefined ? "" : pack(before)}`;
}

/** The digits of a time and a letter: `20250318140338Z`, `g` for a tombstone. */
function pack({ at, kind }: Boundary | TimelinePoint): string {
  return `${at.slice(0, 8)}${at.slice(9, 15)}${kind === "gone" ? "g" : "Z"}`;
}
