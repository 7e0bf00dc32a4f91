import type { Config } from "../../model/config.ts";
import type { BasePath } from "../../model/base-path.ts";
import { keptCheckpoints, newestPublication } from "../../model/history.ts";
import type { History, Publication } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";

/** What a distribution serves, or where its `latest` leads. */
export interface ServedAfter {
  readonly name: string;
  readonly basePath: BasePath;
  readonly isCheckpoint: boolean;
  /** Undefined: a plain one is an empty repository, and `latest` leads nowhere. */
  readonly serves: ServedState | undefined;
}

export interface ServedState {
  readonly time: Timestamp;
  /** A plain distribution may serve a publication that is none. */
  readonly isCheckpoint: boolean;
  readonly files: number;
  readonly bytes: number;
}

/** What the distributions of a repository serve when its history is this one. */
export function servedAfter(
  { distributions }: Pick<Config, "distributions">,
  history: History,
): readonly ServedAfter[] {
  return distributions
    .filter(({ repository }) => repository === history.name)
    .map(({ name, basePath, checkpoint }) => {
      const newest = checkpoint ? keptCheckpoints(history).at(-1) : newestPublication(history);
      return { name, basePath, isCheckpoint: checkpoint, serves: stateOf(history, newest) };
    });
}

function stateOf(history: History, publication: Publication | undefined): ServedState | undefined {
  const version = history.versions[publication?.version ?? -1];
  if (publication === undefined || version === undefined) return undefined;
  const { created: time, checkpoint: isCheckpoint } = publication;
  // What a withdrawal itself publishes where nothing is left to go back to.
  if (version.version === 0 && !isCheckpoint) return undefined;
  return { time, isCheckpoint, files: version.files, bytes: version.bytes };
}
