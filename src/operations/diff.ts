import { Failure } from "../failure.ts";
import { countChanges, differenceOf } from "../model/difference.ts";
import type { Change, ChangeCounts } from "../model/difference.ts";
import { keptCheckpoints } from "../model/history.ts";
import type { Checkpoint } from "../model/history.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { readInstant } from "./named-checkpoint.ts";
import { readPatterns } from "./path-patterns.ts";
import type { Workspace } from "./workspace.ts";

export interface DiffRequest {
  readonly repository: string;
  /** As people write them. Without a second time the first one is compared with the checkpoint before it. */
  readonly times: readonly [string] | readonly [string, string];
  /** Only paths that this pattern selects. */
  readonly path: string | undefined;
}

/** What differs between two checkpoints. */
export interface Diff extends ChangeCounts {
  readonly repository: string;
  /** Undefined where the oldest checkpoint was to be compared with the one before: there is none, and nothing is told. */
  readonly from: Answered | undefined;
  readonly to: Answered;
  readonly changes: readonly Change[];
}

/** The kept checkpoint that answers a time. */
interface Answered {
  /** What was asked for; the checkpoint's own time where it was not asked for by a time. */
  readonly asked: Timestamp | "latest";
  readonly checkpoint: Timestamp;
}

/** Compares the newest kept checkpoints at or before two times, or one with the kept one before it. Reads records alone. Throws USAGE where no checkpoint answers. */
export function diff({ store }: Pick<Workspace, "store">, request: DiffRequest): Diff {
  const history = store.repository(request.repository)?.history;
  const kept = history === undefined ? [] : keptCheckpoints(history);
  const [first, second] = request.times;
  const one = keptAt(kept, request.repository, first);
  const two = second === undefined ? one : keptAt(kept, request.repository, second);
  const before = second === undefined ? kept[kept.indexOf(one.checkpoint) - 1] : one.checkpoint;
  const selection = request.path === undefined ? undefined : readPatterns([request.path]);
  const changes =
    before === undefined
      ? []
      : [...differenceOf(before.root, two.checkpoint.root, (digest) => store.tree(digest), selection)];
  return {
    repository: request.repository,
    from: before && { asked: second === undefined ? before.created : one.asked, checkpoint: before.created },
    to: { asked: two.asked, checkpoint: two.checkpoint.created },
    ...countChanges(changes),
    changes,
  };
}

function keptAt(
  kept: readonly Checkpoint[],
  repository: string,
  time: string,
): { readonly asked: Timestamp | "latest"; readonly checkpoint: Checkpoint } {
  const asked = readInstant(time);
  const checkpoint = asked === "latest" ? kept.at(-1) : kept.findLast(({ created }) => created <= asked);
  if (checkpoint !== undefined) return { asked, checkpoint };
  const [oldest] = kept;
  if (oldest === undefined) throw new Failure("USAGE", `${repository} has no checkpoint`);
  throw new Failure("USAGE", `${repository} keeps no checkpoint at or before ${asked}`, {
    hint: `the oldest is ${oldest.created}`,
  });
}
