import type { ChangeCounts } from "./difference.ts";
import type { Digest } from "./digest.ts";
import type { Timeline, TimelinePoint } from "./timeline.ts";
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
  | ({ readonly type: "publication"; readonly at: Timestamp } & Publication)
  /** The checkpoint named was pruned. */
  | {
      readonly type: "tombstone";
      readonly at: Timestamp;
      readonly checkpoint: Timestamp;
      readonly reason: string;
    }
  /** Answers up to `horizon` are settled from now on. */
  | { readonly type: "horizon"; readonly at: Timestamp; readonly horizon: Timestamp }
  /** Whether settled answers may be cached for ever. */
  | { readonly type: "settled"; readonly at: Timestamp; readonly settled: boolean };

export interface Version {
  readonly version: number;
  readonly root: Digest;
  readonly files: number;
  readonly bytes: number;
}

/** `created` is the checkpoint's name when `checkpoint` is set. Changes are against the checkpoint before. */
export interface Publication extends ChangeCounts {
  readonly publication: number;
  readonly version: number;
  readonly created: Timestamp;
  readonly checkpoint: boolean;
  readonly manifest: PublishedManifest | null;
}

/** The generated manifest of a publication; null when none is written, or when the repository has an entry of that name. */
export interface PublishedManifest {
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: number;
}

export interface Checkpoint extends Publication {
  readonly root: Digest;
  readonly files: number;
  readonly bytes: number;
  readonly tombstone: Tombstone | undefined;
}

export interface Tombstone {
  readonly at: Timestamp;
  readonly reason: string;
}

export interface History {
  readonly name: string;
  /** Ascending; the first is version 0. */
  readonly versions: readonly [Version, ...Version[]];
  readonly publications: readonly Publication[];
  /** Every checkpoint ever made, ascending by name, pruned ones with their tombstone. */
  readonly checkpoints: readonly Checkpoint[];
  readonly horizon: Timestamp | undefined;
  readonly settled: boolean | undefined;
  readonly upstreamManifest: { readonly digest: Digest; readonly bytes: number } | undefined;
  /** The newest second that any event bears. */
  readonly newestEvent: Timestamp;
}

/** Computes the state of a repository from its log. Throws on a log that contradicts itself: that is damage, not a state. */
export function foldHistory(events: readonly HistoryEvent[]): History {
  const [first, ...rest] = events;
  if (first?.type !== "repository") throw new Error("a history begins with its repository");
  const versions: [Version, ...Version[]] = [{ version: 0, root: first.root, files: 0, bytes: 0 }];
  const publications: Publication[] = [];
  const checkpoints = new Map<Timestamp, Checkpoint>();
  let horizon: Timestamp | undefined;
  let settled: boolean | undefined;
  let upstreamManifest: History["upstreamManifest"];
  let newestEvent = first.at;
  for (const event of rest) {
    if (event.at > newestEvent) newestEvent = event.at;
    switch (event.type) {
      case "repository":
        throw new Error(`a second beginning in the history of ${first.name}`);
      case "version":
        versions.push(event);
        break;
      case "manifest":
        upstreamManifest = event;
        break;
      case "publication": {
        publications.push(event);
        if (!event.checkpoint) break;
        const version = versions[event.version];
        if (version === undefined)
          throw new Error(`checkpoint ${event.created} names version ${event.version}, which is not there`);
        const { root, files, bytes } = version;
        checkpoints.set(event.created, { ...event, root, files, bytes, tombstone: undefined });
        if (horizon === undefined || event.created > horizon) horizon = event.created;
        break;
      }
      case "tombstone": {
        const checkpoint = checkpoints.get(event.checkpoint);
        if (checkpoint === undefined) throw new Error(`a tombstone for ${event.checkpoint}, which never was`);
        checkpoints.set(event.checkpoint, { ...checkpoint, tombstone: { at: event.at, reason: event.reason } });
        break;
      }
      case "horizon":
        if (horizon === undefined || event.horizon > horizon) horizon = event.horizon;
        break;
      case "settled":
        settled = event.settled;
        break;
    }
  }
  return {
    name: first.name,
    versions,
    publications,
    checkpoints: [...checkpoints.values()].toSorted((a, b) => (a.created < b.created ? -1 : 1)),
    horizon,
    settled,
    upstreamManifest,
    newestEvent,
  };
}

export function latestVersion(history: History): Version {
  return history.versions.at(-1) ?? history.versions[0];
}

export function keptCheckpoints(history: Pick<History, "checkpoints">): readonly Checkpoint[] {
  return history.checkpoints.filter((checkpoint) => checkpoint.tombstone === undefined);
}

/** What pages show of a repository that nothing was recorded of yet. */
export const emptyHistory: Pick<History, "checkpoints" | "horizon" | "publications"> = {
  checkpoints: [],
  publications: [],
  horizon: undefined,
};

/** The newest publication of any kind: what plain distributions serve. */
export function newestPublication(history: Pick<History, "checkpoints" | "publications">): Publication | undefined {
  return history.publications.findLast(
    (publication) => !publication.checkpoint || !isTombstone(history, publication.created),
  );
}

/** A run of neighbouring tombstones, named by its first and last checkpoint. */
export interface GoneInterval {
  readonly from: Timestamp;
  readonly until: Timestamp;
  readonly count: number;
  readonly reason: string;
}

export function goneIntervals(history: Pick<History, "checkpoints">): readonly GoneInterval[] {
  const intervals: GoneInterval[] = [];
  let open: GoneInterval | undefined;
  for (const { created, tombstone } of history.checkpoints) {
    if (tombstone === undefined) {
      open = undefined;
      continue;
    }
    if (open !== undefined) intervals.pop();
    open = { from: open?.from ?? created, until: created, count: (open?.count ?? 0) + 1, reason: tombstone.reason };
    intervals.push(open);
  }
  return intervals;
}

/** What a repository answers for each second. With `pruned: redirect` tombstones are skipped, as Pulp does. */
export function timelineOf(
  history: Pick<History, "checkpoints" | "horizon">,
  options: { readonly pruned: "gone" | "redirect"; readonly settled: boolean },
): Timeline {
  const points: TimelinePoint[] = [];
  for (const { created, tombstone } of history.checkpoints) {
    if (tombstone === undefined) points.push({ at: created, kind: "checkpoint" });
    else if (options.pruned === "gone" && points.at(-1)?.kind !== "gone") points.push({ at: created, kind: "gone" });
  }
  return { points, horizon: history.horizon, settled: options.settled };
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

function isTombstone(history: Pick<History, "checkpoints">, created: Timestamp): boolean {
  return history.checkpoints.some((checkpoint) => checkpoint.created === created && checkpoint.tombstone !== undefined);
}
