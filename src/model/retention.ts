import type { Checkpoint } from "./history.ts";
import { describePolicy, durationText, hasRule } from "./retention-policy.ts";
import type { RetentionPolicy } from "./retention-policy.ts";
import { secondsOf } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

export interface RetentionDecision {
  readonly checkpoint: Checkpoint;
  readonly keep: boolean;
  /** Everything that keeps it (`the newest`, `label v1`, `daily 3 of 7`), or the one reason why it goes. Never empty. */
  readonly reasons: readonly string[];
}

/**
 * Decides each kept checkpoint's fate. `kept` ascends, and so does the answer. The rules are those of `restic forget` (internal/restic/snapshot_policy.go):
 * any rule keeps; a rule of periods counts those that have a checkpoint and keeps the newest of each, and the oldest checkpoint of all while it has not counted
 * its number; `within` counts back from the newest checkpoint, not from the clock. Unlike there the newest is always kept, and a label keeps without being named.
 */
export function applyRetention(policy: RetentionPolicy, kept: readonly Checkpoint[]): readonly RetentionDecision[] {
  if (!hasRule(policy)) {
    return kept.map((checkpoint) => ({ checkpoint, keep: true, reasons: ["every checkpoint is kept"] }));
  }
  const counted = countedRules.map(({ name, periodOf }) =>
    countPeriods(
      name,
      policy[name] ?? 0,
      kept.map(({ created }) => periodOf(created)),
    ),
  );
  const newest = kept.at(-1);
  const gone = `retention: not among ${describePolicy(policy)}`;
  return kept.map((checkpoint, index) => {
    const reasons = [
      ...(checkpoint === newest ? ["the newest"] : []),
      ...pinningLabels(policy, checkpoint).map((label) => `label ${label}`),
      ...counted.flatMap((reasonOf) => reasonOf.get(index) ?? []),
      ...reasonWithin(policy.withinSeconds, checkpoint, newest),
    ];
    return reasons.length > 0 ? { checkpoint, keep: true, reasons } : { checkpoint, keep: false, reasons: [gone] };
  });
}

/** The labels that keep a checkpoint under a policy. */
export function pinningLabels(
  { labels }: Pick<RetentionPolicy, "labels">,
  checkpoint: Pick<Checkpoint, "labels">,
): readonly string[] {
  return checkpoint.labels.filter((label) => labels === undefined || labels.includes(label));
}

/** Labels that a policy names and no checkpoint has: most likely misspelt. None where there is no checkpoint that could have one. */
export function unknownLabels(
  { labels = [] }: Pick<RetentionPolicy, "labels">,
  kept: readonly Pick<Checkpoint, "labels">[],
): readonly string[] {
  const known = new Set(kept.flatMap((checkpoint) => checkpoint.labels));
  return kept.length === 0 ? [] : labels.filter((label) => !known.has(label));
}

/** Reasons by index. `periods` are those of checkpoints in ascending order; a rule that counts 0 keeps none. */
function countPeriods(name: string, most: number, periods: readonly string[]): ReadonlyMap<number, string> {
  const reasons = new Map<number, string>();
  let counted: string | undefined;
  for (let index = periods.length - 1; index >= 0 && reasons.size < most; index--) {
    const period = periods[index];
    const isOldest = index === 0;
    if (period === counted && !isOldest) continue;
    reasons.set(index, `${name} ${reasons.size + 1} of ${most}${period === counted ? ", as the oldest" : ""}`);
    counted = period;
  }
  return reasons;
}

/** What each rule of periods counts: text that is the same for checkpoints of one period and no others. */
const countedRules = [
  { name: "checkpoints", periodOf: (at) => at },
  { name: "last", periodOf: (at) => at },
  { name: "hourly", periodOf: (at) => at.slice(0, "YYYYMMDDTHH".length) },
  { name: "daily", periodOf: (at) => at.slice(0, "YYYYMMDD".length) },
  { name: "weekly", periodOf: isoWeekOf },
  { name: "monthly", periodOf: (at) => at.slice(0, "YYYYMM".length) },
  { name: "yearly", periodOf: (at) => at.slice(0, "YYYY".length) },
] as const satisfies readonly {
  readonly name: keyof RetentionPolicy;
  readonly periodOf: (at: Timestamp) => string;
}[];

/** An ISO week, which begins on Monday, by its number since that of 1970-01-01, a Thursday. */
function isoWeekOf(at: Timestamp): string {
  return String(Math.floor((Math.floor(secondsOf(at) / 86_400) + 3) / 7));
}

function reasonWithin(
  withinSeconds: number | undefined,
  { created }: Checkpoint,
  newest: Checkpoint | undefined,
): readonly string[] {
  if (withinSeconds === undefined || newest === undefined) return [];
  const age = secondsOf(newest.created) - secondsOf(created);
  return age < withinSeconds ? [`within ${durationText(withinSeconds)} of the newest`] : [];
}
