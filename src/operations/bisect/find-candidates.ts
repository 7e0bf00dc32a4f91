import type { PathSelection } from "../../model/path-selection.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { openPool } from "../verify-url/pool.ts";
import { changesBetween } from "./compare-trees.ts";
import type { Series, SeriesCheckpoint } from "./series.ts";

/**
 * The checkpoints after the first of `checkpoints` that can be the culprit: those in which something that `selection` means is not as it was in the one before. The others answer as that one does. Without a selection
 * all can, because the repository's generated files may differ where its content does not.
 */
export async function findCandidates(
  series: Series,
  checkpoints: readonly SeriesCheckpoint[],
  selection: PathSelection | undefined,
  { signal, onCompared }: { readonly signal: AbortSignal; readonly onCompared: (done: number, total: number) => void },
): Promise<readonly Timestamp[]> {
  const later = checkpoints.slice(1);
  if (selection === undefined) return later.map(({ at }) => at);
  const differing = new Set<Timestamp>();
  const pool = openPool(mostAtOnce);
  let done = 0;
  for (const [index, { at, root }] of later.entries()) {
    signal.throwIfAborted();
    const before = checkpoints[index];
    await pool.add(async () => {
      const changes = changesBetween(series, before?.root, root, selection);
      if ((await changes.next()).done !== true) differing.add(at);
      onCompared(++done, later.length);
    });
  }
  await pool.drain();
  return later.flatMap(({ at }) => (differing.has(at) ? at : []));
}

/** Of a published mirror each comparison asks for a record or a few. */
const mostAtOnce = 10;
