import { differingFiles } from "./difference.ts";
import type { Digest } from "./digest.ts";
import type { Checkpoint } from "./history.ts";
import { eventText, secondOf, splitEvents } from "./history-shards.ts";
import { eventsIn } from "./path-events.ts";
import type { PathSelection } from "./path-selection.ts";
import type { Timestamp } from "./timestamp.ts";
import type { Tree } from "./tree.ts";

type Point = Pick<Checkpoint, "created" | "root">;

/** Between two neighbours that are still neighbours of something: what stood there, and what stands there now. Without `from` it is the beginning, without `until` the end. */
interface Region {
  readonly from: Point | undefined;
  readonly until: Point | undefined;
  readonly before: Point[];
  readonly now: Point[];
}

export interface HistoryChange {
  /** Kept checkpoints as they were, and as they are; both ascending. */
  readonly before: readonly Point[];
  readonly now: readonly Point[];
  /** Names of all that ever were, ascending. */
  readonly ever: readonly Timestamp[];
  readonly read: (digest: Digest) => Tree;
  readonly isTakenDown: (digest: Digest) => boolean;
}

export type EventsEdit = (before: string | undefined) => string | undefined;

/**
 * What has to be done to the events of which paths after checkpoints came at the end or went anywhere: paths that are the same in all that stand beside those keep their events and are not looked at. Undefined where
 * nothing is left to compare with. `read` is asked for records of checkpoints that went.
 */
export function editsAfter(change: HistoryChange): ReadonlyMap<string, EventsEdit> | undefined {
  const windows = new Map<string, Window[]>();
  for (const region of regionsOf(change.before, change.now)) {
    if (region.from === undefined && region.until === undefined) return undefined;
    for (const [path, inserted] of eventsOfRegion(region, change)) {
      const window = { after: region.from?.created ?? "", until: region.until?.created ?? "~", inserted };
      const there = windows.get(path);
      if (there === undefined) windows.set(path, [window]);
      else there.push(window);
    }
  }
  return new Map([...windows].map(([path, all]) => [path, (before) => editedBy(all, before)]));
}

/** Events with a second in it are replaced. */
interface Window {
  /** The last second before it. */
  readonly after: string;
  readonly until: string;
  readonly inserted: readonly string[];
}

function editedBy(windows: readonly Window[], before: string | undefined): string | undefined {
  let events = splitEvents(before ?? "");
  for (const { after, until, inserted } of windows) {
    events = [
      ...events.filter((event) => secondOf(event) <= after),
      ...inserted,
      ...events.filter((event) => secondOf(event) > until),
    ];
  }
  return events.length === 0 ? undefined : events.join(",");
}

function regionsOf(before: readonly Point[], now: readonly Point[]): readonly Region[] {
  const [wasThere, isThere] = [before, now].map((points) => new Set(points.map(({ created }) => created)));
  const all = [...before, ...now.filter(({ created }) => wasThere?.has(created) !== true)].toSorted((a, b) =>
    a.created < b.created ? -1 : 1,
  );
  const regions: Region[] = [];
  let from: Point | undefined;
  let open: Region | undefined;
  for (const point of all) {
    const [was, is] = [wasThere?.has(point.created) === true, isThere?.has(point.created) === true];
    if (was && is) {
      if (open !== undefined) regions.push({ ...open, until: point });
      [from, open] = [point, undefined];
      continue;
    }
    open ??= { from, until: undefined, before: [], now: [] };
    (was ? open.before : open.now).push(point);
  }
  return open === undefined ? regions : [...regions, open];
}

/** For each path that may have other events there: those that it has now. */
function eventsOfRegion(
  region: Region,
  { ever, read, isTakenDown }: HistoryChange,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const directories = new Set<string>();
  const [before, now] = [region.before, region.now].map((points) =>
    [region.from ?? [], points, region.until ?? []].flat(),
  );
  for (const chain of [before ?? [], now ?? []]) {
    for (const [a, b] of neighbours(chain)) {
      for (const { path } of differingFiles(a.root, b.root, read)) {
        found.set(path, []);
        for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
          directories.add(path.slice(0, slash));
      }
    }
  }
  const selection: PathSelection = {
    has: (path) => found.has(path),
    reaches: (directory) => directory === "" || directories.has(directory),
  };
  const points = region.from === undefined ? [undefined, ...(now ?? [])] : (now ?? []);
  for (const [index, checkpoint] of points.entries()) {
    if (index === 0 || checkpoint === undefined) continue;
    for (const event of eventsIn({ previous: points[index - 1], checkpoint, ever }, read, selection)) {
      const isDown = event.kind !== "removed" && isTakenDown(event.sha256);
      found.get(event.path)?.push(eventText(event, isDown));
    }
  }
  return found;
}

function neighbours(points: readonly Point[]): readonly (readonly [Point, Point])[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1];
    return next === undefined ? [] : [[point, next] as const];
  });
}
