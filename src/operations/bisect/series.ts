import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Tree } from "../../model/tree.ts";

/** The checkpoints of one distribution, wherever they are read from: a state on this disk, or a published mirror. */
export interface Series {
  readonly distribution: string;
  readonly repository: string;
  /** Ascending by time; what is gone is told as such. */
  readonly points: readonly SeriesPoint[];
  /** The record of a directory. Throws a Failure when it cannot be read. */
  tree(digest: Digest, path: string): Promise<Tree>;
  /** Ends in a slash; undefined where nobody knows it. */
  url(at: Timestamp): string | undefined;
  /** Where the checkpoint's files are on this disk; undefined where they are not. */
  directory(at: Timestamp): string | undefined;
}

/** A checkpoint that is kept, or the beginning of a stretch of time about which nothing is left. */
export type SeriesPoint =
  | { readonly kind: "checkpoint"; readonly at: Timestamp; readonly root: Digest }
  | { readonly kind: "gone"; readonly at: Timestamp };

export type SeriesCheckpoint = Extract<SeriesPoint, { readonly kind: "checkpoint" }>;

/** The checkpoint that answers for a moment. Throws USAGE when none does. */
export function checkpointFor({ points, repository }: Series, at: Timestamp | "latest"): SeriesCheckpoint {
  const kept = points.filter((point) => point.kind === "checkpoint");
  const answers = at === "latest" ? kept.at(-1) : points.findLast((point) => point.at <= at);
  if (answers?.kind === "checkpoint") return answers;
  if (answers === undefined) {
    const first = points[0]?.at;
    throw new Failure(
      "USAGE",
      first === undefined
        ? `${repository} has no checkpoint`
        : `${at} is before the first checkpoint of ${repository}, ${first}`,
    );
  }
  const older = kept.findLast((point) => point.at < answers.at)?.at ?? "none";
  const newer = kept.find((point) => point.at > answers.at)?.at ?? "none";
  throw new Failure("USAGE", `the checkpoint of ${repository} that answers ${at} is gone`, {
    hint: `its neighbours: ${older} (older), ${newer} (newer)`,
  });
}
