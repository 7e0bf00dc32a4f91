import { Failure } from "../../failure.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { nextChangesWithout } from "../publish/next-changes.ts";
import type { Workspace } from "../workspace.ts";
import type { TakenCheckpoints } from "./taken-checkpoints.ts";

/**
 * Prunes what Pulp has no more, as one write; answers what that was. Retention there never takes the newest one: a server without it is another one, empty, or an old one restored, and is refused.
 */
export function followRetention(
  { store, clock }: Workspace,
  name: string,
  gone: readonly Timestamp[],
  taken: TakenCheckpoints,
  { allowShrink }: { readonly allowShrink: boolean },
): readonly Timestamp[] {
  const history = store.repository(name)?.history;
  const newest = history && keptCheckpoints(history).findLast(({ created }) => taken.has(created))?.created;
  if (newest !== undefined && gone.includes(newest) && !allowShrink) {
    throw new Failure(
      "SOURCE_SHRUNK",
      `${name}: Pulp has ${newest} no more, which was its newest checkpoint, and ${gone.length - 1} others`,
      {
        hint: "look whether it is the right server, and whole; pass --allow-shrink once if they are really meant to go",
      },
    );
  }
  const at = timestampFromSeconds(clock.now());
  if (history === undefined || gone.length === 0) return gone;
  const changes = nextChangesWithout(keptCheckpoints(history), new Set(gone), (digest) => store.tree(digest));
  store.append(
    name,
    gone.map(
      (checkpoint) =>
        ({ type: "tombstone", at, checkpoint, reason: "Pulp has it no more", next: changes.get(checkpoint) }) as const,
    ),
  );
  return gone;
}
