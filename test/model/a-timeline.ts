import type { Timeline } from "../../src/model/timeline.ts";
import { parseTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

/** A timeline written as points in order, `20250318T140338Z` a checkpoint, `-20250318T140338Z` the beginning of a run of tombstones. */
export function timeline(
  points: readonly string[],
  options: { readonly horizon?: string; readonly settled?: boolean } = {},
): Timeline {
  const read = points.map((point) => ({
    at: time(point.replace("-", "")),
    kind: point.startsWith("-") ? ("gone" as const) : ("checkpoint" as const),
  }));
  return {
    points: read,
    horizon: options.horizon === undefined ? read.at(-1)?.at : time(options.horizon),
    settled: options.settled ?? true,
  };
}

export function time(text: string): Timestamp {
  const parsed = parseTimestamp(text);
  if (parsed === undefined) throw new Error(`${text} is no timestamp`);
  return parsed;
}
