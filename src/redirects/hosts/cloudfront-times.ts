import { Failure } from "../../failure.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Timeline } from "../../model/timeline.ts";
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
 * A timeline in a key value store: under `key` its horizon, newest and first checkpoint, whether answers are settled, and the list of all time; under `key/2025`, `key/202503` and so on the lists of parts that
 * have too many times for the list above (DAY-LISTS.md). `templates/hosts/cloudfront/stored-times.eta` reads them.
 *
 * Pairs are put a few at a time, and a request may see any of them before the others. So each value is a true statement by itself: a list marks the newest time of all, behind which it knows nothing;
 * it says what is settled; and it names the parts that have lists, so that a key which was left behind is never read.
 *
 * A CONFIG failure when a list is too long for the store: about 55 years with many checkpoints each.
 */
export function storedTimes(key: string, timeline: Timeline): readonly StoredValue[] {
  const { points, horizon, settled } = timeline;
  const newest = points.at(-1);
  const first = points.find(({ kind }) => kind === "checkpoint")?.at;
  // What is open is told by the horizon: settled points alone are listed.
  const lists = points.length === 0 ? [] : dayLists({ ...timeline, horizon: parseTimestamp("99991231T235959Z") });
  const byPrefix = new Map(lists.map((list) => [list.prefix, list]));
  const known = [
    newest === undefined ? "" : (horizon ?? newest.at),
    newestCheckpoint(timeline) ?? "",
    first ?? "",
    settled ? "settled" : "",
    packList(allTime(byPrefix), 4),
  ];
  const values = [
    { key, value: known.join(",") },
    ...lists
      .filter(({ prefix }) => prefix.length >= 4)
      .map((list) => ({ key: `${key}/${list.prefix}`, value: packList(list, list.prefix.length + 2) })),
  ];
  const large = values.find((one) => one.key.length + one.value.length > largestPair);
  if (large !== undefined) {
    throw new Failure("CONFIG", `the list ${large.key} is too long for a CloudFront key value store`, {
      hint: "keep fewer checkpoints (retain), or take the host `cloudfront` out of the configuration",
    });
  }
  return values;

  /** `ITEMS=BEFORE`, newest first. Parts of a list have the first `partLength` digits in common. */
  function packList({ prefix, boundaries, before }: DayList, partLength: number): string {
    const items = boundaries.map((boundary) => {
      const digits = digitsOf(boundary);
      const letter = letterOf(boundary);
      const isDivided = byPrefix.has(digits.slice(0, partLength));
      return digits.slice(prefix.length) + (isDivided ? letter.toLowerCase() : letter);
    });
    return `${items.join("")}=${before === undefined ? "" : digitsOf(before) + letterOf(before)}`;
  }

  /** O and X: the newest time of all, X when it is gone; G: another that is gone; Z: a checkpoint whose answers are settled; Y: one whose answers may be revised. */
  function letterOf({ at, kind }: Boundary): string {
    if (at === newest?.at) return kind === "gone" ? "X" : "O";
    if (kind === "gone") return "G";
    return settled ? "Z" : "Y";
  }
}

/** The list of all time with those of the centuries in it: one look-up less. */
function allTime(lists: ReadonlyMap<string, DayList>): DayList {
  const boundaries = lists.get("")?.boundaries ?? [];
  return {
    prefix: "",
    boundaries: boundaries.flatMap((boundary) => lists.get(boundary.at.slice(0, 2))?.boundaries ?? [boundary]),
    before: undefined,
  };
}

function digitsOf({ at }: Boundary): string {
  return at.slice(0, 8) + at.slice(9, 15);
}
