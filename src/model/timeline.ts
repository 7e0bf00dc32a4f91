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
  const index = indexAfter(timeline.points, at);
  return {
    older: timeline.points.slice(0, index).findLast((point) => point.kind === "checkpoint" && point.at !== at)?.at,
    newer: timeline.points.slice(index).find((point) => point.kind === "checkpoint")?.at,
  };
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
