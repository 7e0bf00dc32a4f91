import type { Timestamp } from "./timestamp.ts";

/**
 * What a repository answers for every second there is: the stretch from one point to the next belongs to the point before.
 * Points ascend strictly. Neighbouring tombstones are one `gone` point, so that a timeline is O(kept checkpoints); what was withdrawn begins one of its own.
 */
export interface Timeline {
  readonly points: readonly TimelinePoint[];
  /** The newest second whose answer is settled; undefined while there is no checkpoint. Never earlier than the last point. */
  readonly horizon: Timestamp | undefined;
  /** Whether answers up to the horizon may be cached for ever. */
  readonly settled: boolean;
}

export interface TimelinePoint {
  readonly at: Timestamp;
  readonly kind: "checkpoint" | "gone";
}

/** The newest point at or before `at`, or undefined before the first. O(log points). */
export function pointAtOrBefore(timeline: Timeline, at: Timestamp): TimelinePoint | undefined {
  return timeline.points[indexAfter(timeline.points, at) - 1];
}

/** The newest kept checkpoint, or undefined. */
export function newestCheckpoint(timeline: Timeline): Timestamp | undefined {
  return timeline.points.findLast((point) => point.kind === "checkpoint")?.at;
}

/** The nearest kept checkpoints on both sides of `at`. */
export function neighboursOf(
  timeline: Timeline,
  at: Timestamp,
): { readonly older: Timestamp | undefined; readonly newer: Timestamp | undefined } {
  const { points } = timeline;
  const index = indexAfter(points, at);
  let older = index - 1;
  while (older >= 0 && (points[older]?.kind !== "checkpoint" || points[older]?.at === at)) older--;
  let newer = index;
  while (newer < points.length && points[newer]?.kind !== "checkpoint") newer++;
  return { older: points[older]?.at, newer: points[newer]?.at };
}

/** How many points are at or before `at`. */
function indexAfter(points: readonly TimelinePoint[], at: Timestamp): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const point = points[middle];
    if (point !== undefined && point.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
