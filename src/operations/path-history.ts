import { closestName } from "../model/closest-name.ts";
import { compareNames } from "../model/compare-names.ts";
import { keptCheckpoints } from "../model/history.ts";
import type { History } from "../model/history.ts";
import { eventsIn } from "../model/path-events.ts";
import type { PathEvent } from "../model/path-events.ts";
import { selectPaths } from "../model/path-selection.ts";
import type { PathSelection } from "../model/path-selection.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { repositoryServedAs } from "./named-checkpoint.ts";
import { readPatterns } from "./path-patterns.ts";
import type { Workspace } from "./workspace.ts";

export interface PathHistories {
  readonly repository: string;
  /** Sorted by path. */
  readonly paths: readonly PathHistory[];
  /** Where no path is meant: others that may have been. */
  readonly closest: readonly string[];
}

export interface PathHistory {
  readonly path: string;
  /** Oldest first. */
  readonly events: readonly ShownEvent[];
}

/** `gone`: whether the checkpoint of that second is kept no more; undefined where that was not asked. */
export type ShownEvent = {
  readonly at: Timestamp;
  readonly gone: boolean | undefined;
} & (
  | { readonly kind: "removed" }
  | {
      readonly kind: "added" | "changed";
      readonly bytes: number;
      /** The whole of it, or how it begins. */
      readonly sha256: string;
      /** These bytes are served no more. */
      readonly takenDown: boolean;
    }
);

/** When the paths that `pattern` means came, changed and went, as far as kept checkpoints tell. */
export function pathHistories(
  workspace: Workspace,
  { repository: name, pattern, limit }: { repository: string; pattern: string; limit: number | undefined },
): PathHistories {
  const repository = repositoryServedAs(workspace.config, name).name;
  const selection = selectionOf(pattern);
  const history = workspace.store.repository(repository)?.history;
  if (history === undefined) return { repository, paths: [], closest: [] };
  const keptSeconds = new Set(keptCheckpoints(history).map(({ created }) => created));
  const found = eventsByPath(workspace, history, selection);
  const paths = [...found].toSorted(byPath).map(([path, events]) => ({
    path,
    events: (limit === undefined ? events : events.slice(-limit)).map((event): ShownEvent => {
      const gone = !keptSeconds.has(event.at);
      return event.kind === "removed"
        ? { ...event, gone }
        : { ...event, gone, takenDown: history.takenDown.has(event.sha256) };
    }),
  }));
  return { repository, paths, closest: paths.length > 0 ? [] : closestPaths(workspace, history, pattern) };
}

function eventsByPath(
  { store, signal }: Workspace,
  history: History,
  selection: PathSelection | undefined,
): ReadonlyMap<string, readonly PathEvent[]> {
  const found = new Map<string, PathEvent[]>();
  const ever = history.checkpoints.map(({ created }) => created);
  const kept = keptCheckpoints(history);
  for (const [index, checkpoint] of kept.entries()) {
    signal.throwIfAborted();
    const span = { previous: kept[index - 1], checkpoint, ever };
    for (const event of eventsIn(span, (digest) => store.tree(digest), selection)) {
      const events = found.get(event.path);
      if (events === undefined) found.set(event.path, [event]);
      else events.push(event);
    }
  }
  return found;
}

/** Paths of that name, or of that pattern, in any directory; else those whose name is nearest to it. */
function closestPaths(workspace: Workspace, history: History, pattern: string): readonly string[] {
  const elsewhere = [
    ...eventsByPath(workspace, history, selectPaths([`**/${pattern.replace(/^(?:\.\/+)+/, "")}`])).keys(),
  ];
  if (elsewhere.length > 0) return elsewhere.toSorted(compareNames).slice(0, mostClosest);
  const all = [...eventsByPath(workspace, history, undefined).keys()];
  const name = closestName(nameOf(pattern), [...new Set(all.map(nameOf))]);
  return all
    .filter((path) => nameOf(path) === name)
    .toSorted(compareNames)
    .slice(0, mostClosest);
}

const mostClosest = 5;

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareNames(a, b);
}

/** A path that has the characters of a pattern in it means itself as well. */
function selectionOf(pattern: string): PathSelection {
  const selection = readPatterns([pattern]);
  return {
    has: (path) => path === pattern || selection.has(path),
    reaches: (directory) => pattern.startsWith(`${directory}/`) || selection.reaches(directory),
  };
}
