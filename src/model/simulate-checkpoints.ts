import type { Checkpoint } from "./history.ts";
import { applyRetention } from "./retention.ts";
import { hasRule } from "./retention-policy.ts";
import type { RetentionPolicy } from "./retention-policy.ts";
import { secondsOf, timestampFromSeconds } from "./timestamp.ts";

/** The checkpoints of a repository at one moment to come. */
export interface SimulatedMoment {
  /** How many were ever made. */
  readonly made: number;
  /** The seconds of those that are kept, ascending. */
  readonly kept: readonly number[];
  /** Every one ever made, ascending, pruned ones with their tombstone. */
  readonly checkpoints: () => readonly Checkpoint[];
}

/** One checkpoint every so often, beginning now, and the retention rules after each, as runs of `asof update` would have it. `moments` ascend; the first is how things are now. */
export function simulateCheckpoints(
  existing: readonly Checkpoint[],
  plan: {
    readonly policy: RetentionPolicy;
    readonly everySeconds: number;
    readonly moments: readonly number[];
    readonly like: Omit<Checkpoint, "created">;
  },
): readonly SimulatedMoment[] {
  const { policy, everySeconds, like } = plan;
  const [now = 0, ...later] = plan.moments;
  const gone = existing.filter(({ tombstone }) => tombstone !== undefined);
  let kept: readonly Checkpoint[] = existing.filter(({ tombstone }) => tombstone === undefined);
  let fresh: Checkpoint[] = [];
  const newest = existing.at(-1);
  let next = newest === undefined ? now : Math.max(now, secondsOf(newest.created) + everySeconds);

  const moments = [momentOf(kept, gone)];
  for (const moment of later) {
    for (; next <= moment; next += everySeconds) {
      fresh.push({ ...like, created: timestampFromSeconds(next) });
      // With many checkpoints the rules wait for some more of them: they keep the same in the end, and asking costs as much as there are.
      if (fresh.length * 8 > kept.length) applyRules();
    }
    applyRules();
    moments.push(momentOf(kept, [...gone]));
  }
  return moments;

  function applyRules(): void {
    const all = fresh.length === 0 ? kept : [...kept, ...fresh];
    fresh = [];
    kept = all;
    const at = all.at(-1)?.created;
    if (at === undefined || !hasRule(policy)) return;
    const still: Checkpoint[] = [];
    for (const { checkpoint, keep, reasons } of applyRetention(policy, all)) {
      if (keep) still.push(checkpoint);
      else gone.push({ ...checkpoint, tombstone: { at, reason: reasons.join(", "), cause: "retention" } });
    }
    kept = still;
  }
}

function momentOf(kept: readonly Checkpoint[], gone: readonly Checkpoint[]): SimulatedMoment {
  return {
    made: kept.length + gone.length,
    kept: kept.map(({ created }) => secondsOf(created)),
    checkpoints: () => [...gone, ...kept].toSorted((a, b) => (a.created < b.created ? -1 : 1)),
  };
}
