import { Failure } from "../../failure.ts";
import type { PathSelection } from "../../model/path-selection.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { changesBetween } from "./compare-trees.ts";
import type { PathChange } from "./compare-trees.ts";
import type { Series, SeriesCheckpoint } from "./series.ts";

/** A checkpoint that may be the first bad one. */
export interface Suspect {
  readonly checkpoint: Timestamp;
  readonly before: Timestamp;
  readonly url: string | undefined;
  readonly directory: string | undefined;
  /** Against the one before, what is under the paths first; or why that cannot be told. */
  readonly changes: readonly PathChange[] | { readonly problem: string };
}

/** What is told of the checkpoints that a search ended with, the culprit or all that may be it. */
export async function describeSuspects(
  series: Series,
  checkpoints: readonly SeriesCheckpoint[],
  found: readonly Timestamp[],
  selection: PathSelection | undefined,
): Promise<readonly Suspect[]> {
  const suspects: Suspect[] = [];
  for (const checkpoint of found) {
    const index = checkpoints.findIndex(({ at }) => at === checkpoint);
    const [before, after] = [checkpoints[index - 1], checkpoints[index]];
    if (before === undefined || after === undefined) throw new Error("a suspect is not among the checkpoints");
    const place = { url: series.url(checkpoint), directory: series.directory(checkpoint) };
    const changes = await changesOrProblem(series, before, after, selection);
    suspects.push({ checkpoint, before: before.at, ...place, changes });
  }
  return suspects;
}

/** The culprit is known: what cannot be read now must not hide it. */
async function changesOrProblem(
  series: Series,
  before: SeriesCheckpoint,
  after: SeriesCheckpoint,
  selection: PathSelection | undefined,
): Promise<Suspect["changes"]> {
  const [meant, others]: [PathChange[], PathChange[]] = [[], []];
  try {
    for await (const change of changesBetween(series, before.root, after.root))
      (selection?.has(change.path) === false ? others : meant).push(change);
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message };
    throw error;
  }
  return [...meant, ...others];
}
