import type { History } from "../../model/history.ts";
import { addSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { PulpCheckpoint } from "../../sources/pulp-checkpoint.ts";
import type { TakenCheckpoints } from "./taken-checkpoints.ts";
import type { PulpLook } from "../../sources/pulp-server.ts";

/** What is to be done about what a Pulp server has. */
export interface MirrorPlan {
  /** To be taken now, oldest first. */
  readonly take: readonly PulpCheckpoint[];
  /** How many of them come before the first checkpoint ever made here. */
  readonly early: number;
  /** Came at or before the horizon, where answers are settled: not to be taken. Ascending. */
  readonly late: readonly Timestamp[];
  /** Not taken yet, because Pulp may still put another one before them. Ascending. */
  readonly waiting: readonly Timestamp[];
  /** Taken from there once, kept here, and no longer there. Ascending. */
  readonly gone: readonly Timestamp[];
  /** Taken, kept here, and Pulp serves another publication in that second now. Ascending. */
  readonly replaced: readonly Timestamp[];
  /** The first checkpoint that is still being made. */
  readonly begun: Timestamp | undefined;
  /** Up to which second nothing can come any more once everything in `take` was taken. */
  readonly horizon: Timestamp;
}

/**
 * With settled answers only what lies before the first unfinished publication is taken: it bears the second at which it was begun, and comes before what was begun later. `taken` tells what was taken from there before.
 */
export function planMirror(
  history: Pick<History, "checkpoints" | "horizon"> | undefined,
  { checkpoints, unfinished, over }: PulpLook,
  { settled, taken }: { readonly settled: boolean; readonly taken: TakenCheckpoints },
): MirrorPlan {
  const here = new Map(history?.checkpoints.map((one) => [one.created, one]));
  const isKept = (second: Timestamp): boolean => here.has(second) && here.get(second)?.tombstone === undefined;
  const first = history?.checkpoints[0]?.created;
  const begun = unfinished.find((second) => !here.has(second));
  const horizon = begun === undefined || begun > over ? over : addSeconds(begun, -1);
  const news = checkpoints.filter(({ second }) => !here.has(second));
  const isLate = ({ second }: PulpCheckpoint): boolean =>
    settled && first !== undefined && second > first && history?.horizon !== undefined && second <= history.horizon;
  const isWaiting = ({ second }: PulpCheckpoint): boolean => second > (settled ? horizon : over);
  const there = new Set([...checkpoints.map(({ second }) => second), ...unfinished]);
  const take = news.filter((one) => !isLate(one) && !isWaiting(one));
  return {
    take,
    early: first === undefined ? 0 : take.filter(({ second }) => second < first).length,
    late: news.filter(isLate).map(({ second }) => second),
    waiting: news.filter((one) => !isLate(one) && isWaiting(one)).map(({ second }) => second),
    gone: [...here.keys()].filter((second) => isKept(second) && taken.has(second) && !there.has(second)),
    replaced: checkpoints.flatMap(({ second, created }) => {
      const before = isKept(second) ? taken.get(second) : undefined;
      return before !== undefined && before !== null && created !== undefined && created !== before ? [second] : [];
    }),
    begun,
    horizon,
  };
}
