import { lstatSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

import { compareNames } from "../model/compare-names.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { selectEntries } from "./directory-glob.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import type { DirectoryTree, FileEntry, TreeEntry, TroubleEntry } from "./directory-tree.ts";
import { fileState } from "./stat-cache.ts";
import type { FileState } from "./stat-cache.ts";

/** A regular file of a directory source as the walk saw it, not opened yet. */
export interface WalkedFile extends Pick<FileEntry, "path" | "real"> {
  readonly state: FileState;
}

export interface Walk {
  /** Sorted by path. */
  readonly files: ReadonlyMap<RelativePath, WalkedFile>;
  /** What the patterns select and nobody can publish. */
  readonly troubles: readonly TroubleEntry[];
  /** What every directory looked like right before it was read, by its real path. */
  readonly directories: ReadonlyMap<string, FileState>;
  /** Whether a name that was read could no longer be found when it was looked at. Such names are not in `files`. */
  readonly hasChanged: boolean;
}

/**
 * Looks at every file of the source that the remote's patterns select; what they leave out is not even read. Throws a Failure for a source that is missing or may not be
 * read, and CONFIG for an impossible pattern.
 *
 * System calls are synchronous, in batches with a turn of the event loop between them: four times as fast as asynchronous ones on 100,000 files.
 */
export async function walkDirectory(remote: DirectoryRemote, signal: AbortSignal): Promise<Walk> {
  signal.throwIfAborted();
  const tree = openDirectoryTree(remote);
  const entries = takesEverything(remote) ? await everyEntry(tree, signal) : await selectEntries(tree, remote, signal);
  const found: FileEntry[] = [];
  const troubles: TroubleEntry[] = [];
  for (const entry of entries) {
    if (entry.path === remote.ready) continue;
    if (entry.kind === "file") found.push(entry);
    else if (entry.kind !== "directory") troubles.push(entry);
  }
  found.sort((a, b) => compareNames(a.path, b.path));
  const files = new Map<RelativePath, WalkedFile>();
  for (const [index, { path, real }] of found.entries()) {
    if (index % filesPerTurn === filesPerTurn - 1) await nextTurn(undefined, { signal });
    const state = regularFileState(real);
    if (state !== undefined) files.set(path, { path, real, state });
  }
  return {
    files,
    troubles,
    directories: tree.states,
    hasChanged: tree.hasChanged() || files.size < found.length,
  };
}

/** The state of the regular file at `real`; undefined when nothing, or something else, is there. */
export function regularFileState(real: string): FileState | undefined {
  try {
    const stats = lstatSync(real, { bigint: true });
    return stats.isFile() ? fileState(stats) : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, real);
  }
}

const filesPerTurn = 1000;
const directoriesPerTurn = 200;

function takesEverything({ include, exclude }: DirectoryRemote): boolean {
  return exclude.length === 0 && include.length === 1 && include[0] === "**";
}

async function everyEntry(tree: DirectoryTree, signal: AbortSignal): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const waiting = [tree.root];
  let count = 0;
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (++count % directoriesPerTurn === 0) await nextTurn(undefined, { signal });
    for (const entry of tree.read(directory)) {
      if (entry.kind === "directory") waiting.push(entry);
      else entries.push(entry);
    }
  }
  return entries;
}
