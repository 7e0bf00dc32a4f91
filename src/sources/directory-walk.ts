import { lstatSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

import { compareNames } from "../model/compare-names.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { selectEntries } from "./directory-glob.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import type { DirectoryEntry, DirectoryTree, FileEntry, TreeEntry, TroubleEntry } from "./directory-tree.ts";
import { fileState, openStateTable, stateAt } from "./file-state.ts";
import type { FileState, StateColumns, StateTable } from "./file-state.ts";

/** A regular file of a directory source as the walk saw it, not opened yet. */
export interface WalkedFile extends Pick<FileEntry, "path" | "real"> {
  readonly state: FileState;
  readonly columns: StateColumns;
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
  /** Whether a link was met that is followed. */
  readonly hasFollowed: boolean;
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
  const entries = takesEverything(remote)
    ? await everyEntry(tree, [tree.root], signal)
    : await selectEntries(tree, remote, signal);
  const found: FileEntry[] = [];
  const troubles: TroubleEntry[] = [];
  for (const entry of entries) {
    if (entry.path === remote.ready) continue;
    if (entry.kind === "file") found.push(entry);
    else if (entry.kind !== "directory") troubles.push(entry);
  }
  const files = await lookAtFiles(tree, found, signal);
  return {
    files,
    troubles,
    directories: tree.states,
    hasChanged: tree.hasChanged() || files.size < found.length,
    hasFollowed: tree.hasFollowed(),
  };
}

/** The files that are there, sorted by path. */
export async function lookAtFiles(
  tree: DirectoryTree,
  found: readonly FileEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RelativePath, WalkedFile>> {
  const files = new Map<RelativePath, WalkedFile>();
  const table = openStateTable();
  const root = tree.root.real === "/" ? "/" : `${tree.root.real}/`;
  for (const [index, { path, real }] of found.toSorted((a, b) => compareNames(a.path, b.path)).entries()) {
    if (index % filesPerTurn === filesPerTurn - 1) await nextTurn(undefined, { signal });
    const stats = regularFileStats(real);
    if (stats === undefined) continue;
    const isOwnName = real.length === root.length + path.length && real.endsWith(path);
    files.set(path, new ColumnFile(path, isOwnName ? root : real, table, table.add(stats)));
  }
  return files;
}

/** One of so many files that what can be made again when it is asked for is not kept. */
class ColumnFile implements WalkedFile {
  readonly path: RelativePath;
  /** The source's root with a slash, or the whole real path where a link gave the file another name. */
  readonly #root: string;
  readonly #table: StateTable;
  readonly #at: number;

  constructor(path: RelativePath, root: string, table: StateTable, at: number) {
    this.path = path;
    this.#root = root;
    this.#table = table;
    this.#at = at;
  }

  get real(): string {
    return this.#root.endsWith("/") ? this.#root + this.path : this.#root;
  }

  get columns(): StateColumns {
    return this.#table.columns(this.#at);
  }

  get state(): FileState {
    return stateAt(this.columns);
  }
}

/** The state of the regular file at `real`; undefined when nothing, or something else, is there. */
export function regularFileState(real: string): FileState | undefined {
  const stats = regularFileStats(real);
  return stats === undefined ? undefined : fileState(stats);
}

function regularFileStats(real: string): BigIntStats | undefined {
  try {
    const stats = lstatSync(real, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, real);
  }
}

/** The state of the directory at `real`; undefined when nothing is there. */
export function directoryState(real: string): FileState | undefined {
  try {
    return fileState(lstatSync(real, { bigint: true }));
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, real);
  }
}

const filesPerTurn = 1000;
const directoriesPerTurn = 200;

/** Whether no pattern leaves anything out. */
export function takesEverything({ include, exclude }: Pick<DirectoryRemote, "include" | "exclude">): boolean {
  return exclude.length === 0 && include.length === 1 && include[0] === "**";
}

/** Everything below some directories. */
export async function everyEntry(
  tree: DirectoryTree,
  from: readonly DirectoryEntry[],
  signal: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const waiting = [...from];
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
