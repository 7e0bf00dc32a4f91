import type { Checkpoint } from "../model/history.ts";
import type { GoneInterval } from "../model/history-timeline.ts";
import { isoOf } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

export interface CheckpointsJsonInput {
  readonly distribution: string;
  readonly repository: string;
  readonly basePath: string;
  readonly horizon: Timestamp | undefined;
  readonly settled: boolean;
  /** Kept ones, oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  readonly gone: readonly GoneInterval[];
  /** The repository's log, which lies in `_asof/log/`: how many lines it has, and the SHA-256 of the last one. */
  readonly log: { readonly length: number; readonly head: string };
}

/**
 * `checkpoints.json` holds the newest year and an index of `checkpoints/<year>.json`, so that what a program fetches stays small. Times are in the form of the
 * directory names.
 */
export function renderCheckpointsJson(input: CheckpointsJsonInput): string {
  const years = byYear(input.checkpoints);
  const newest = years.at(-1);
  return json({
    schemaVersion: 1,
    distribution: input.distribution,
    repository: input.repository,
    base_path: input.basePath,
    horizon: input.horizon ?? null,
    settled: input.settled,
    newest: input.checkpoints.at(-1)?.created ?? null,
    years: years.map(([year, checkpoints]) => ({
      year: Number(year),
      checkpoints: checkpoints.length,
      /** Its first checkpoint: the year that answers a time is known without reading any. */
      first: checkpoints[0]?.created ?? null,
      url: `checkpoints/${year}.json`,
    })),
    year: newest === undefined ? null : Number(newest[0]),
    checkpoints: (newest?.[1] ?? []).map(checkpointJson),
    gone: input.gone,
    log: input.log,
  });
}

/** One file for each year: its name and its content. */
export function renderYears(
  input: CheckpointsJsonInput,
): readonly { readonly name: string; readonly content: string }[] {
  return byYear(input.checkpoints).map(([year, checkpoints]) => ({
    name: `${year}.json`,
    content: json({
      schemaVersion: 1,
      distribution: input.distribution,
      year: Number(year),
      checkpoints: checkpoints.map(checkpointJson),
    }),
  }));
}

/** One checkpoint, in every JSON that lists them. */
export function checkpointJson(checkpoint: Checkpoint): object {
  const { created, publication, version, root, files, bytes, added, removed, changed, labels } = checkpoint;
  const counts = { files, bytes, added, removed, changed };
  return { time: created, iso: isoOf(created), publication, version, root, ...counts, labels };
}

function byYear(checkpoints: readonly Checkpoint[]): readonly (readonly [string, readonly Checkpoint[]])[] {
  const years = new Map<string, Checkpoint[]>();
  for (const checkpoint of checkpoints) {
    const year = checkpoint.created.slice(0, 4);
    const found = years.get(year);
    if (found === undefined) years.set(year, [checkpoint]);
    else found.push(checkpoint);
  }
  return [...years];
}

function json(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
