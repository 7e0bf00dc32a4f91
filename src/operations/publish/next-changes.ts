import { countChanges, differenceOf } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { Checkpoint, NextChanges } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";

type ReadTree = Parameters<typeof differenceOf>[2];

/** What a checkpoint changes against the root that is before it from now on; undefined where that is what is said of it already. */
export function nextChanges(previous: Digest, next: Checkpoint, read: ReadTree): NextChanges | undefined {
  const counts = countChanges(differenceOf(previous, next.root, read));
  const isSame = counts.added === next.added && counts.removed === next.removed && counts.changed === next.changed;
  return isSame ? undefined : { created: next.created, ...counts };
}

/**
 * What the checkpoints that stay change when others go: by the last one that goes before each, whose tombstone tells it. The oldest that stays has none before it: what was said of it stands.
 */
export function nextChangesWithout(
  kept: readonly Checkpoint[],
  gone: ReadonlySet<Timestamp>,
  read: ReadTree,
): ReadonlyMap<Timestamp, NextChanges> {
  const told = new Map<Timestamp, NextChanges>();
  let previous: Checkpoint | undefined;
  let before: Checkpoint | undefined;
  for (const checkpoint of kept) {
    if (!gone.has(checkpoint.created)) {
      if (before !== undefined && previous !== undefined && before !== previous) {
        const changes = nextChanges(previous.root, checkpoint, read);
        if (changes !== undefined) told.set(before.created, changes);
      }
      previous = checkpoint;
    }
    before = checkpoint;
  }
  return told;
}
