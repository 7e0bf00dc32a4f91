import type { Digest } from "./digest.ts";
import type { Checkpoint, History, HistoryEvent, LostInterval, Publication, TakenDown, Version } from "./history.ts";
import { addSeconds, earliestSecond } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/** Computes the state of a repository from its log. Throws on a log that contradicts itself: that is damage, not a state. */
export function foldHistory(events: readonly HistoryEvent[]): History {
  const [first, ...rest] = events;
  if (first?.type !== "repository") throw new Error("a history begins with its repository");
  const versions: [Version, ...Version[]] = [{ version: 0, root: first.root, files: 0, bytes: 0 }];
  const publications: Publication[] = [];
  const unservable = new Set<number>();
  const checkpoints = new Map<Timestamp, Checkpoint>();
  let horizon: Timestamp | undefined;
  let settled: boolean | undefined;
  const lost: LostInterval[] = [];
  const takenDown = new Map<Digest, TakenDown>();
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
        // Content that a plain publication alone held is swept when another one takes its place: nothing can go back to it.
        const superseded = publications.at(-1);
        if (superseded?.checkpoint === false) unservable.add(superseded.publication);
        publications.push(event);
        if (!event.checkpoint) break;
        const version = versions[event.version];
        if (version === undefined)
          throw new Error(`checkpoint ${event.created} names version ${event.version}, which is not there`);
        const { root, files, bytes } = version;
        checkpoints.set(event.created, { ...event, root, files, bytes, tombstone: undefined, labels: [] });
        if (horizon === undefined || event.created > horizon) horizon = event.created;
        break;
      }
      case "tombstone": {
        const checkpoint = knownCheckpoint(event.checkpoint, "a tombstone");
        const { at, reason, cause = "retention", content } = event;
        const tombstone = { at, reason, cause, ...(content === undefined ? {} : { content }) };
        checkpoints.set(event.checkpoint, { ...checkpoint, tombstone });
        for (const one of cause === "withdrawn" ? publicationsOf(checkpoint.root) : [checkpoint])
          unservable.add(one.publication);
        break;
      }
      case "label":
      case "unlabel": {
        const checkpoint = knownCheckpoint(event.checkpoint, "a label");
        const others = checkpoint.labels.filter((label) => label !== event.label);
        const labels = event.type === "label" ? [...others, event.label].toSorted() : others;
        checkpoints.set(event.checkpoint, { ...checkpoint, labels });
        break;
      }
      case "horizon":
        if (horizon === undefined || event.horizon > horizon) horizon = event.horizon;
        break;
      case "settled":
        settled = event.settled;
        break;
      case "takedown":
        takenDown.set(event.digest, { at: event.at, reason: event.reason });
        break;
      case "lost": {
        if (horizon !== undefined && event.until <= horizon)
          throw new Error(`${event.until} was settled before it was lost`);
        lost.push({
          from: horizon === undefined ? earliestSecond : addSeconds(horizon, 1),
          until: event.until,
        });
        horizon = event.until;
        break;
      }
    }
  }
  return {
    name: first.name,
    versions,
    publications,
    unservable,
    checkpoints: [...checkpoints.values()].toSorted((a, b) => (a.created < b.created ? -1 : 1)),
    horizon,
    settled,
    lost,
    takenDown,
    upstreamManifest,
    newestEvent,
  };

  function knownCheckpoint(created: Timestamp, what: string): Checkpoint {
    const checkpoint = checkpoints.get(created);
    if (checkpoint === undefined) throw new Error(`${what} for ${created}, which never was`);
    return checkpoint;
  }

  function publicationsOf(root: Digest): readonly Publication[] {
    return publications.filter((publication) => versions[publication.version]?.root === root);
  }
}
