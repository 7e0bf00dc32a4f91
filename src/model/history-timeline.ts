import type { Checkpoint, History } from "./history.ts";
import type { Timeline, TimelinePoint } from "./timeline.ts";
import { addSeconds } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/** What answers depend on. */
interface KnownTimes extends Pick<History, "lost"> {
  /** Ascending by name. */
  readonly checkpoints: readonly Pick<Checkpoint, "created" | "tombstone">[];
}

/**
 * What a repository answers for each second. With `pruned: redirect` tombstones of the retention rules are skipped, as Pulp does. What was withdrawn is gone all the same, because the answer
 * is to say why; and so is what was lost, because nobody knows what it was.
 */
export function timelineOf(
  history: KnownTimes & Pick<History, "horizon">,
  options: { readonly pruned: "gone" | "redirect"; readonly settled: boolean },
): Timeline {
  if (isWhole(history)) {
    const points = history.checkpoints.map(({ created }): TimelinePoint => ({ at: created, kind: "checkpoint" }));
    return { points, horizon: history.horizon, settled: options.settled };
  }
  const points: TimelinePoint[] = [];
  let open: Stretch | undefined;
  for (const stretch of stretches(history)) {
    if (stretch.kind === "retention" && options.pruned === "redirect") continue;
    if (stretch.kind === "kept") points.push({ at: stretch.from, kind: "checkpoint" });
    else if (open === undefined || !isOneRun(open, stretch)) points.push({ at: stretch.from, kind: "gone" });
    open = stretch.kind === "kept" ? undefined : stretch;
  }
  return { points, horizon: history.horizon, settled: options.settled };
}

/** A run of neighbouring tombstones and of lost history, with one page for all of it. What was withdrawn for a reason of its own is a run of its own. */
export interface GoneInterval {
  /** The first checkpoint, or the first second that is lost. */
  readonly from: Timestamp;
  readonly until: Timestamp;
  /** Checkpoints in it that are known. */
  readonly count: number;
  readonly reason: string;
  readonly cause: "retention" | "withdrawn" | "lost";
}

/** The runs that a timeline with the same `pruned` answers 410 for, ascending. */
export function goneIntervals(history: KnownTimes, pruned: "gone" | "redirect" = "gone"): readonly GoneInterval[] {
  const intervals: GoneInterval[] = [];
  if (isWhole(history)) return intervals;
  let open: Stretch | undefined;
  for (const stretch of stretches(history)) {
    const { from, until, kind, reason } = stretch;
    if (kind === "retention" && pruned === "redirect") continue;
    const run = open !== undefined && isOneRun(open, stretch) ? intervals.pop() : undefined;
    open = kind === "kept" ? undefined : stretch;
    if (kind === "kept") continue;
    const count = (run?.count ?? 0) + (kind === "lost" ? 0 : 1);
    intervals.push({ from: run?.from ?? from, until, count, reason, cause: kind });
  }
  return intervals;
}

/** Whether nothing was ever pruned, withdrawn or lost. */
function isWhole({ checkpoints, lost }: KnownTimes): boolean {
  return lost.length === 0 && checkpoints.every(({ tombstone }) => tombstone === undefined);
}

/** Whether two neighbours that are gone are told of on one page: the reason of a withdrawal must not be told of others, nor another one of it. */
function isOneRun(a: Stretch, b: Stretch): boolean {
  if (b.kind === "kept") return false;
  return a.kind === "withdrawn" || b.kind === "withdrawn" ? a.kind === b.kind && a.reason === b.reason : true;
}

interface Stretch {
  readonly from: Timestamp;
  readonly until: Timestamp;
  readonly kind: "kept" | GoneInterval["cause"];
  readonly reason: string;
}

/** Checkpoints and lost intervals, in the order of time. */
function stretches({ checkpoints, lost }: KnownTimes): readonly Stretch[] {
  const known = checkpoints.map(({ created, tombstone }): Stretch => {
    const kind = tombstone === undefined ? "kept" : tombstone.cause;
    return { from: created, until: created, kind, reason: tombstone?.reason ?? "" };
  });
  if (lost.length === 0) return known;
  const unknown = lost.map(({ from, until }): Stretch => {
    // What was found again is known from its second on.
    const found = checkpoints.find(({ created }) => created > from && created <= until)?.created;
    const end = found === undefined ? until : addSeconds(found, -1);
    return { from, until: end, kind: "lost", reason: "history lost" };
  });
  return [...known, ...unknown].toSorted((a, b) => (a.from < b.from ? -1 : 1));
}
