import type { Digest } from "./digest.ts";
import type {
  Checkpoint,
  History,
  HistoryEvent,
  LostInterval,
  NextChanges,
  Publication,
  TakenDown,
  Version,
} from "./history.ts";
import { addSeconds, earliestSecond } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/** Computes the state of a repository from its log. Throws on a log that contradicts itself: that is damage, not a state. */
export function foldHistory(events: Iterable<HistoryEvent>): History {
  const fold = openHistoryFold();
  for (const event of events) fold.add(event);
  return fold.history();
}

/** A history that grows with its log: what an event costs does not depend on how many came before it. */
export interface HistoryFold {
  /** Throws when the event contradicts those before it. */
  add(event: HistoryEvent): void;
  /** The state after the events so far; events that follow do not change it. Throws when there are none. */
  history(): History;
}

/** With `before` the fold goes on from the history of the first `lines` lines of the log. */
export function openHistoryFold(before?: { readonly history: History; readonly lines: number }): HistoryFold {
  const from = before?.history;
  let name: string | undefined = from?.name;
  const versions: Version[] = from?.versions.slice() ?? [];
  const publications: Publication[] = from?.publications.slice() ?? [];
  const unservable = new Set<number>(from?.unservable);
  /** Ascending by name. */
  const checkpoints: Checkpoint[] = from?.checkpoints.slice() ?? [];
  let horizon: Timestamp | undefined = from?.horizon;
  let settled: boolean | undefined = from?.settled;
  const lost: LostInterval[] = from?.lost.slice() ?? [];
  const takenDown = new Map<Digest, TakenDown>(from?.takenDown);
  let upstreamManifest: History["upstreamManifest"] = from?.upstreamManifest;
  let newestEvent: Timestamp = from?.newestEvent ?? earliestSecond;
  /** Lines of the log so far; by year those up to the last one about a checkpoint of it. */
  let lines = before?.lines ?? 0;
  const tellingYears = new Map<string, number>(from?.tellingYears);
  let year = "";
  let known: History | undefined = from;

  function add(event: HistoryEvent): void {
    lines += 1;
    if (name === undefined) {
      if (event.type !== "repository") throw new Error("a history begins with its repository");
      name = event.name;
      versions.push({ version: 0, root: event.root, files: 0, bytes: 0 });
      newestEvent = event.at;
      return;
    }
    known = undefined;
    if (event.at > newestEvent) newestEvent = event.at;
    switch (event.type) {
      case "repository":
        throw new Error(`a second beginning in the history of ${name}`);
      case "version": {
        const { version, root, files, bytes, filled } = event;
        versions.push({ version, root, files, bytes, ...(filled === undefined ? {} : { filled }) });
        break;
      }
      case "manifest":
        upstreamManifest = { digest: event.digest, bytes: event.bytes };
        break;
      case "publication": {
        // Any other checkpoint is made of the latest version.
        const isOlder = versions.findLast(({ filled }) => filled !== true)?.version !== event.version;
        const isFilled = event.checkpoint && (isOlder || (horizon !== undefined && event.created <= horizon));
        const later = isFilled ? publications.findIndex(({ created }) => created > event.created) : -1;
        const index = later < 0 ? publications.length : later;
        // Content that a plain publication alone held is swept when another one takes its place: nothing can go back to it.
        const superseded = publications[index - 1];
        if (superseded?.checkpoint === false) unservable.add(superseded.publication);
        const version = versions[event.version];
        if (version === undefined)
          throw new Error(`publication ${event.publication} names version ${event.version}, which is not there`);
        const publication = publishedVersion(event, version);
        publications.splice(index, 0, publication);
        if (!event.checkpoint) break;
        place(publication);
        if (event.next !== undefined) recount(event.next);
        if (horizon === undefined || event.created > horizon) horizon = event.created;
        break;
      }
      case "tombstone": {
        const checkpoint = knownCheckpoint(event.checkpoint, "a tombstone");
        const { at, reason, cause = "retention", content } = event;
        const tombstone = { at, reason, cause, ...(content === undefined ? {} : { content }) };
        place({ ...checkpoint, tombstone });
        for (const one of cause === "withdrawn" ? publicationsOf(checkpoint.root) : [checkpoint])
          unservable.add(one.publication);
        if (event.next !== undefined) recount(event.next);
        break;
      }
      case "label":
      case "unlabel": {
        const checkpoint = knownCheckpoint(event.checkpoint, "a label");
        const others = checkpoint.labels.filter((label) => label !== event.label);
        const labels = event.type === "label" ? [...others, event.label].toSorted() : others;
        place({ ...checkpoint, labels });
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

  /** Lists are copied when they are asked for: whoever holds a history holds that of one moment. */
  function history(): History {
    const [empty] = versions;
    if (name === undefined || empty === undefined) throw new Error("a history begins with its repository");
    known ??= {
      name,
      versions: [empty, ...versions.slice(1)],
      publications: publications.slice(),
      unservable: new Set(unservable),
      checkpoints: checkpoints.slice(),
      horizon,
      settled,
      lost: lost.slice(),
      takenDown: new Map(takenDown),
      upstreamManifest,
      newestEvent,
      tellingYears: new Map(tellingYears),
    };
    return known;
  }

  /** Puts a checkpoint in the place of what is known of it, or where its name belongs: at the end, unless it is filled in. */
  function place(checkpoint: Checkpoint): void {
    const { created } = checkpoint;
    if (year === "" || !created.startsWith(year)) year = created.slice(0, "YYYY".length);
    tellingYears.set(year, lines);
    const last = checkpoints.at(-1);
    if (last === undefined || last.created < created) {
      checkpoints.push(checkpoint);
      return;
    }
    const index = placeOf(created);
    checkpoints.splice(index, checkpoints[index]?.created === created ? 1 : 0, checkpoint);
  }

  /** A checkpoint that has another one before it now changes something else. */
  function recount({ created, added, removed, changed }: NextChanges): void {
    const checkpoint = knownCheckpoint(created, "a count of changes");
    const index = publications.findIndex(({ publication }) => publication === checkpoint.publication);
    const publication = publications[index];
    if (publication !== undefined) publications[index] = { ...publication, added, removed, changed };
    place({ ...checkpoint, added, removed, changed });
  }

  /** The index of the first checkpoint that is not earlier. */
  function placeOf(created: Timestamp): number {
    let low = 0;
    let high = checkpoints.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = checkpoints[middle];
      if (there !== undefined && there.created < created) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function knownCheckpoint(created: Timestamp, what: string): Checkpoint {
    const checkpoint = checkpoints[placeOf(created)];
    if (checkpoint?.created !== created) throw new Error(`${what} for ${created}, which never was`);
    return checkpoint;
  }

  function publicationsOf(root: Digest): readonly Publication[] {
    return publications.filter((publication) => versions[publication.version]?.root === root);
  }

  return { add, history };
}

/** Written out: to spread an event costs more than all else that a line of the log does to a history. */
function publishedVersion(publication: Publication, { root, files, bytes }: Version): Checkpoint {
  const { created, checkpoint, manifest, sums, statement, signatures, added, removed, changed } = publication;
  return {
    publication: publication.publication,
    version: publication.version,
    created,
    checkpoint,
    manifest,
    sums,
    statement,
    signatures,
    added,
    removed,
    changed,
    root,
    files,
    bytes,
    tombstone: undefined,
    labels: noLabels,
  };
}

export const noLabels: readonly string[] = [];
