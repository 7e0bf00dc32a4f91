import { differingFiles } from "./difference.ts";
import type { Digest } from "./digest.ts";
import type { Checkpoint } from "./history.ts";
import type { PathSelection } from "./path-selection.ts";
import type { Timestamp } from "./timestamp.ts";
import type { Tree } from "./tree.ts";

/**
 * What happened to a path: its file came, got other bytes, or went. `at` is the second of the checkpoint in which it first was so; for what came or changed that may be one that is gone, because records say when
 * bytes came.
 */
export type PathEvent =
  | {
      readonly kind: "added" | "changed";
      readonly path: string;
      readonly at: Timestamp;
      readonly bytes: number;
      readonly sha256: Digest;
    }
  | { readonly kind: "removed"; readonly path: string; readonly at: Timestamp };

/** What events are told of: one checkpoint that is kept, the kept one before it, and the names of all that ever were, ascending. */
export interface EventSpan {
  readonly previous: Pick<Checkpoint, "created" | "root"> | undefined;
  readonly checkpoint: Pick<Checkpoint, "created" | "root">;
  readonly ever: readonly Timestamp[];
}

/**
 * What happened from one kept checkpoint to the next. What came or changed in the oldest kept one, or in one that is gone, stands under the checkpoint in which it did, so that pruning leaves it as it is; what only a
 * checkpoint knew that is gone is not told.
 */
export function* eventsIn(
  { previous, checkpoint, ever }: EventSpan,
  read: (digest: Digest) => Tree,
  selection?: PathSelection,
): Generator<PathEvent, void, undefined> {
  const { created } = checkpoint;
  for (const { path, before, after } of differingFiles(previous?.root, checkpoint.root, read, selection)) {
    if (after === undefined) {
      yield { kind: "removed", path, at: created };
      continue;
    }
    // Recorded under another second: the checkpoint before was filled in later, or knew nothing of one between that is gone.
    if (before?.digest === after.digest) continue;
    const came = firstFrom(ever, after.added) ?? created;
    const at = came > created || (previous !== undefined && came <= previous.created) ? created : came;
    const kind = before === undefined ? "added" : "changed";
    yield { kind, path, at, bytes: after.sizeBytes, sha256: after.digest };
  }
}

/** The first of ascending seconds that is not before `second`. */
function firstFrom(seconds: readonly Timestamp[], second: Timestamp): Timestamp | undefined {
  let [low, high] = [0, seconds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = seconds[middle];
    if (there === undefined || there >= second) high = middle;
    else low = middle + 1;
  }
  return seconds[low];
}
