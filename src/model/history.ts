import type { ChangeCounts } from "./difference.ts";
import type { Digest } from "./digest.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * What happened in a repository, in the order written. Each event is one line of the repository's log; everything else is computed from them.
 * `at` is the second of the event itself.
 */
export type HistoryEvent =
  /** Version 0, the empty one. Always first. */
  | { readonly type: "repository"; readonly at: Timestamp; readonly name: string; readonly root: Digest }
  | ({ readonly type: "version"; readonly at: Timestamp } & Version)
  /** The upstream manifest changed (`mode: mirror` publishes it as it is). */
  | { readonly type: "manifest"; readonly at: Timestamp; readonly digest: Digest; readonly bytes: number }
  | ({ readonly type: "publication"; readonly at: Timestamp; readonly next?: NextChanges | undefined } & Publication)
  /** The checkpoint named is no more. Without a cause: by the retention rules. */
  | {
      readonly type: "tombstone";
      readonly at: Timestamp;
      readonly checkpoint: Timestamp;
      readonly reason: string;
      readonly cause?: Tombstone["cause"] | undefined;
      readonly content?: Digest | undefined;
      readonly next?: NextChanges | undefined;
    }
  /** A checkpoint got a label, or lost it again. */
  | {
      readonly type: "label" | "unlabel";
      readonly at: Timestamp;
      readonly checkpoint: Timestamp;
      readonly label: string;
    }
  /** Answers up to `horizon` are settled from now on. */
  | { readonly type: "horizon"; readonly at: Timestamp; readonly horizon: Timestamp }
  /** Whether settled answers may be cached for ever. */
  | { readonly type: "settled"; readonly at: Timestamp; readonly settled: boolean }
  /** The bytes with that digest must not be served any more, nor come back. */
  | { readonly type: "takedown"; readonly at: Timestamp; readonly digest: Digest; readonly reason: string }
  /** What was recorded after the horizon and until then is lost: an old backup of the state was restored. */
  | { readonly type: "lost"; readonly at: Timestamp; readonly until: Timestamp };

export interface Version {
  readonly version: number;
  readonly root: Digest;
  readonly files: number;
  readonly bytes: number;
  /** Set on the content of an earlier time, which was filled in later: it never is the latest version. */
  readonly filled?: true | undefined;
}

/**
 * `created` is the checkpoint's name when `checkpoint` is set. Changes are against the checkpoint before. A checkpoint that is not later than the horizon, or not of the latest version, was filled in: in the order
 * of publications it stands where its time puts it.
 */
export interface Publication extends ChangeCounts {
  readonly publication: number;
  readonly version: number;
  readonly created: Timestamp;
  readonly checkpoint: boolean;
  readonly manifest: PublishedManifest | null;
  /** SHA256SUMS over everything in the checkpoint, the statement about it (model/statement.ts), and signatures of that. Absent where none was made. */
  readonly sums?: StoredFile | undefined;
  readonly statement?: StoredFile | undefined;
  readonly signatures?: readonly NamedFile[] | undefined;
}

/** What the checkpoint after one that was filled in changes against that. */
export interface NextChanges extends ChangeCounts {
  readonly created: Timestamp;
}

/** A generated file that is kept in the pool. */
export interface StoredFile {
  readonly digest: Digest;
  readonly bytes: number;
}

export interface NamedFile extends StoredFile {
  readonly name: string;
}

/** The generated manifest of a publication; null when none is written, or when the repository has an entry of that name. */
export type PublishedManifest = NamedFile;

export interface Checkpoint extends Publication {
  readonly root: Digest;
  readonly files: number;
  readonly bytes: number;
  readonly tombstone: Tombstone | undefined;
  /** Sorted. */
  readonly labels: readonly string[];
}

export interface Tombstone {
  readonly at: Timestamp;
  readonly reason: string;
  /** `withdrawn`: its content must not be served any more, at no address and for no grace time. */
  readonly cause: "retention" | "withdrawn";
  /** With `withdrawn`: what its version held, by path and digest (operations/publish/content-digest.ts), for its record is swept. Absent where that was swept before. */
  readonly content?: Digest | undefined;
}

export interface TakenDown {
  readonly at: Timestamp;
  readonly reason: string;
}

/** Seconds whose checkpoints are not known any more, if there were any. */
export interface LostInterval {
  readonly from: Timestamp;
  readonly until: Timestamp;
}

export interface History {
  readonly name: string;
  /** Ascending; the first is version 0. */
  readonly versions: readonly [Version, ...Version[]];
  /** In the order in which they took each other's place: ascending by number, but for those that were filled in. */
  readonly publications: readonly Publication[];
  /**
   * Numbers of publications that plain distributions must not serve: pruned checkpoints, plain ones that another followed, and all that held the content of a withdrawn one when it was
   * withdrawn.
   */
  readonly unservable: ReadonlySet<number>;
  /** Every checkpoint ever made, ascending by name, pruned ones with their tombstone. */
  readonly checkpoints: readonly Checkpoint[];
  readonly horizon: Timestamp | undefined;
  readonly settled: boolean | undefined;
  /** Ascending. */
  readonly lost: readonly LostInterval[];
  /** Why each of these contents was taken down. */
  readonly takenDown: ReadonlyMap<Digest, TakenDown>;
  readonly upstreamManifest: { readonly digest: Digest; readonly bytes: number } | undefined;
  /** The newest second that any event bears. */
  readonly newestEvent: Timestamp;
  /** For each year with a checkpoint, the lines of the log up to the last one about any of its checkpoints: they tell all of them, and what follows changes nothing. */
  readonly tellingYears: ReadonlyMap<string, number>;
}

export function latestVersion(history: Pick<History, "versions">): Version {
  return history.versions.findLast(({ filled }) => filled !== true) ?? history.versions[0];
}

/** The number of the version that comes next. It is not the one after the latest where others were filled in. */
export function nextVersion(history: Pick<History, "versions"> | undefined): number {
  return history?.versions.length ?? 1;
}

export function keptCheckpoints(history: Pick<History, "checkpoints">): readonly Checkpoint[] {
  const isBuried = ({ tombstone }: Checkpoint): boolean => tombstone !== undefined;
  // Asked for many times in a run: where all are kept, there is nothing to copy.
  return history.checkpoints.some(isBuried)
    ? history.checkpoints.filter((checkpoint) => !isBuried(checkpoint))
    : history.checkpoints;
}

/** What pages show of a repository that nothing was recorded of yet. */
export const emptyHistory: Pick<
  History,
  "checkpoints" | "horizon" | "publications" | "unservable" | "lost" | "tellingYears"
> = {
  checkpoints: [],
  publications: [],
  unservable: new Set(),
  horizon: undefined,
  lost: [],
  tellingYears: new Map(),
};

/** The newest checkpoint that is kept. */
export function newestKept(history: Pick<History, "checkpoints">): Checkpoint | undefined {
  return history.checkpoints.findLast((checkpoint) => checkpoint.tombstone === undefined);
}

/** The newest publication of any kind that may be served: what plain distributions serve. */
export function newestPublication(history: Pick<History, "publications" | "unservable">): Publication | undefined {
  return history.publications.findLast(({ publication }) => !history.unservable.has(publication));
}

/**
 * The newest checkpoint with the content of the latest version, if it was withdrawn: content that must not be published again by itself. A source that lost a file and has it again makes another version of the
 * same content: `holdsLatest` tells of a checkpoint with as many files and bytes whether it is that. Not asked where nothing was withdrawn.
 */
export function withdrawnLatest(
  history: Pick<History, "checkpoints" | "versions">,
  holdsLatest: (checkpoint: Checkpoint) => boolean,
): Checkpoint | undefined {
  const { version, files, bytes } = latestVersion(history);
  const isLatest = (one: Checkpoint): boolean =>
    one.version === version || (one.files === files && one.bytes === bytes && holdsLatest(one));
  const withdrawn = history.checkpoints.findLast((one) => one.tombstone?.cause === "withdrawn" && isLatest(one));
  if (withdrawn === undefined) return undefined;
  return history.checkpoints.findLast(isLatest) === withdrawn ? withdrawn : undefined;
}

/**
 * Versions whose content must stay: the latest one, those behind kept checkpoints, and the one that plain distributions serve. As in Pulp, where versions
 * behind distributed checkpoints are protected from `retain_repo_versions`.
 */
export function protectedVersions(history: History): ReadonlySet<number> {
  const newest = newestPublication(history);
  return new Set([
    latestVersion(history).version,
    ...(newest === undefined ? [] : [newest.version]),
    ...keptCheckpoints(history).map((checkpoint) => checkpoint.version),
  ]);
}
