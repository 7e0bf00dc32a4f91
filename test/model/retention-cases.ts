import fc from "fast-check";

import { foldHistory } from "../../src/model/fold-history.ts";
import type { Checkpoint, HistoryEvent } from "../../src/model/history.ts";
import { parseDigest } from "../../src/model/digest.ts";
import { noRules } from "../../src/model/retention-policy.ts";
import type { RetentionPolicy } from "../../src/model/retention-policy.ts";
import { secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";

const root = parseDigest("0".repeat(64));
if (root === undefined) throw new Error("64 digits are a digest");
const zero = root;

/** Checkpoints of a history with these seconds (ascending, no two equal) and labels. */
export function checkpointsAt(
  made: readonly { readonly seconds: number; readonly labels: readonly string[] }[],
): readonly Checkpoint[] {
  const at = timestampFromSeconds(made[0]?.seconds ?? 0);
  const events = made.flatMap(({ seconds, labels }, index): readonly HistoryEvent[] => {
    const created = timestampFromSeconds(seconds);
    const counts = { added: 0, removed: 0, changed: 0 };
    return [
      {
        type: "publication",
        at: created,
        publication: index + 1,
        version: 0,
        created,
        checkpoint: true,
        manifest: null,
        ...counts,
      },
      ...labels.map((label) => ({ type: "label", at: created, checkpoint: created, label }) as const),
    ];
  });
  return foldHistory([{ type: "repository", at, name: "r", root: zero }, ...events]).checkpoints;
}

const labelNames = ["a", "b", "release-1"] as const;

const labels = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...labelNames), { minLength: 1, maxLength: 2 }) },
);

/** Distances between two checkpoints: bursts, hours, days, weeks, months, and now and then the very edges of periods. */
const gap = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 600, max: 20_000 }),
  fc.integer({ min: 20_000, max: 400_000 }),
  fc.integer({ min: 400_000, max: 40_000_000 }),
  fc.constantFrom(1, 3600, 86_400, 604_800),
);

/** Begins near the turn of a year, where days, weeks, months and years part; 0 is a midnight. */
const beginning = fc
  .tuple(fc.integer({ min: 1995, max: 2037 }), fc.integer({ min: -200_000, max: 200_000 }), fc.boolean())
  .map(([year, offset, isMidnight]) => Date.UTC(year, 0, 1) / 1000 + (isMidnight ? 0 : offset));

export const checkpoints: fc.Arbitrary<readonly Checkpoint[]> = fc
  .tuple(beginning, fc.array(fc.tuple(gap, labels), { minLength: 1, maxLength: 40 }))
  .map(([first, steps]) => {
    let seconds = first;
    return checkpointsAt(steps.map(([step, its]) => ({ seconds: (seconds += step), labels: its })));
  });

const count = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) },
);

const within = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: gap },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }).map((days) => days * 86_400) },
);

export const policies: fc.Arbitrary<RetentionPolicy> = fc.record({
  checkpoints: count,
  last: count,
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
  withinSeconds: within,
  labels: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.subarray([...labelNames]) },
  ),
});

/** A policy that has every rule of `policy`, each with its number or a larger one, and maybe more rules; its labels are the same or more. */
export function wider(policy: RetentionPolicy, more: RetentionPolicy): RetentionPolicy {
  const larger = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined ? b : b === undefined ? a : a + b;
  return {
    ...noRules,
    checkpoints: larger(policy.checkpoints, more.checkpoints),
    last: larger(policy.last, more.last),
    hourly: larger(policy.hourly, more.hourly),
    daily: larger(policy.daily, more.daily),
    weekly: larger(policy.weekly, more.weekly),
    monthly: larger(policy.monthly, more.monthly),
    yearly: larger(policy.yearly, more.yearly),
    withinSeconds: larger(policy.withinSeconds, more.withinSeconds),
    labels: policy.labels === undefined ? undefined : [...policy.labels, ...(more.labels ?? [])],
  };
}

/** A Date of a checkpoint's name. */
export function dateOf({ created }: Checkpoint): Date {
  return new Date(secondsOf(created) * 1000);
}
