import type { Checkpoint } from "./history.ts";

export interface RetentionPolicy {
  /** Pulp's `retain_checkpoints`: the newest so many are kept; undefined keeps all. */
  readonly checkpoints: number | undefined;
}

export interface RetentionDecision {
  readonly checkpoint: Checkpoint;
  readonly keep: boolean;
  /** Why it is kept, or why not. */
  readonly reason: string;
}

/** Decides each kept checkpoint's fate, oldest first. The newest is always kept. `kept` ascends. */
export function applyRetention(policy: RetentionPolicy, kept: readonly Checkpoint[]): readonly RetentionDecision[] {
  return kept.map((checkpoint, index) => {
    const rank = kept.length - index;
    if (policy.checkpoints === undefined) return { checkpoint, keep: true, reason: "every checkpoint is kept" };
    if (rank === 1) return { checkpoint, keep: true, reason: "the newest" };
    const keep = rank <= policy.checkpoints;
    return {
      checkpoint,
      keep,
      reason: keep
        ? `number ${rank} of the newest ${policy.checkpoints}`
        : `retention: not among the newest ${policy.checkpoints}`,
    };
  });
}
