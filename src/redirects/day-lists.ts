import type { Timeline, TimelinePoint } from "../model/timeline.ts";
import { addSeconds, earliestSecond } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** A second at which a new answer begins; it holds until the next boundary. `open` is the first second that is not settled. */
export interface Boundary {
  readonly at: Timestamp;
  readonly kind: "checkpoint" | "gone" | "open";
}

/**
 * The boundaries of a century, a year, a month, a day, an hour or a minute. Where they are too many, only the last one of each next smaller unit stands here, and units with
 * several have a list of their own: no list is long, however dense the history. DAY-LISTS.md tells how they are searched.
 */
export interface DayList {
  /** The first 0, 2, 4 … 12 digits of every second that the list is about. */
  readonly prefix: string;
  /** Newest first. */
  readonly boundaries: readonly Boundary[];
  /** The last one before the prefix. */
  readonly before: Boundary | undefined;
}

/**
 * The lists of a timeline, each before those of its parts; the first is about all time. The answer for a second is found in the list with the longest prefix that it has: the newest
 * boundary at or before it, else `before`, else nothing is known of so early a time.
 */
export function dayLists(timeline: Timeline, longest = 32): readonly DayList[] {
  const boundaries = boundariesOf(timeline);
  const lists: DayList[] = [];
  addList("", 0, boundaries.length);
  return lists;

  function addList(prefix: string, start: number, end: number): void {
    if (start === end) return;
    const isWhole = end - start <= longest || prefix.length === 12;
    const parts = isWhole ? [] : splitByDigits(prefix.length + 2, start, end);
    const listed = isWhole
      ? boundaries.slice(start, end)
      : parts.flatMap((part) => boundaries.slice(part.end - 1, part.end));
    lists.push({ prefix, boundaries: listed.toReversed(), before: boundaries[start - 1] });
    for (const part of parts) {
      if (part.end - part.start > 1) addList(part.prefix, part.start, part.end);
    }
  }

  /** Runs of boundaries that agree on their first `length` digits. */
  function splitByDigits(length: number, start: number, end: number): readonly Part[] {
    const parts: Part[] = [];
    for (let from = start; from < end;) {
      const prefix = digitsOf(from, length);
      const next = endOfRun(prefix, from, end);
      parts.push({ prefix, start: from, end: next });
      from = next;
    }
    return parts;
  }

  /** The first index behind those of a run. Searched by halves: they ascend, and a day of a few is soon over. */
  function endOfRun(prefix: string, from: number, end: number): number {
    let step = 1;
    let last = from;
    while (last + step < end && digitsOf(last + step, prefix.length) === prefix) {
      last += step;
      step *= 2;
    }
    for (; step >= 1; step = Math.floor(step / 2)) {
      if (last + step < end && digitsOf(last + step, prefix.length) === prefix) last += step;
    }
    return last + 1;
  }

  function digitsOf(index: number, length: number): string {
    const at = boundaries[index]?.at ?? "";
    return length <= 8 ? at.slice(0, length) : at.slice(0, 8) + at.slice(9, length + 1);
  }
}

interface Part {
  readonly prefix: string;
  readonly start: number;
  readonly end: number;
}

/** Every boundary of a timeline, oldest first: kept checkpoints, runs of tombstones, and the second after the horizon. */
export function boundariesOf(timeline: Timeline): readonly Boundary[] {
  const open = firstOpenSecond(timeline);
  return open === undefined ? timeline.points : [...timeline.points, { at: open, kind: "open" }];
}

/** What answers the open interval: the newest checkpoint, a tombstone after it, or nothing. */
export type OpenAnswer = TimelinePoint | { readonly kind: "none" };

export function openAnswer(timeline: Timeline): OpenAnswer {
  return timeline.points.at(-1) ?? { kind: "none" };
}

/** Undefined when the horizon is the last second that can be written. */
function firstOpenSecond({ points, horizon }: Timeline): Timestamp | undefined {
  const settledUntil = horizon ?? points.at(-1)?.at;
  if (settledUntil === undefined) return earliestSecond;
  return settledUntil === "99991231T235959Z" ? undefined : addSeconds(settledUntil, 1);
}
