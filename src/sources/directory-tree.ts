import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { Dirent } from "node:fs";

import { Failure } from "../failure.ts";
import { isRelativePath } from "../model/relative-path.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { followLink, showsDirectory } from "./directory-link.ts";
import type { LinkTrouble } from "./directory-link.ts";
import { fileState } from "./file-state.ts";
import type { FileState } from "./file-state.ts";

/**
 * A directory source as its names show it, read directory by directory when asked. Links are settled by the policy; what cannot be
 * published is an entry of its own kind, so that the caller can leave it out by pattern before anyone complains.
 */
export interface DirectoryTree {
  readonly root: DirectoryEntry;
  /** Unsorted, no name twice; what was read once is not read again. A directory that vanished meanwhile is empty. */
  read(directory: DirectoryEntry): readonly TreeEntry[];
  /** What `path` names, or what cannot be published and stands on the way to it; undefined when there is neither. */
  find(path: string): TreeEntry | undefined;
  /** What every directory looked like right before it was read, by its real path. */
  readonly states: ReadonlyMap<string, FileState>;
  /** Whether something disappeared while it was being read. */
  hasChanged(): boolean;
  /** Whether a link was met that the policy follows: what it shows can change without any change of the directory that holds it. */
  hasFollowed(): boolean;
}

/** `path` is the name inside the source, `real` the absolute path without any symbolic link in it, through which the bytes are read. */
export type TreeEntry = FileEntry | DirectoryEntry | TroubleEntry;

export interface FileEntry {
  readonly kind: "file";
  readonly path: RelativePath;
  readonly real: string;
}

export interface DirectoryEntry {
  readonly kind: "directory";
  /** "" for the root. */
  readonly path: string;
  readonly real: string;
  /** Real paths of the directories whose links were followed to get here. */
  readonly holders: readonly string[];
}

/** Something that cannot be published. `special` is a FIFO, socket or device. */
export interface TroubleEntry {
  readonly kind: LinkTrouble | "special" | "bad-name";
  readonly path: string;
  readonly real: string;
  /** Whether it is, or shows, a directory. */
  readonly isDirectory: boolean;
}

/** Throws a Failure when the root is missing, no directory, or not readable. */
export function openDirectoryTree({ path, symlinks }: Pick<DirectoryRemote, "path" | "symlinks">): DirectoryTree {
  const root: DirectoryEntry = { kind: "directory", path: "", real: realRoot(path), holders: [] };
  const states = new Map<string, FileState>();
  const contents = new Map<string, ReadonlyMap<string, TreeEntry>>();
  let changed = false;
  let followed = false;

  function read(directory: DirectoryEntry): readonly TreeEntry[] {
    return [...contentsOf(directory).values()];
  }

  function find(wanted: string): TreeEntry | undefined {
    let entry: TreeEntry = root;
    for (let end = 0; end < wanted.length;) {
      if (entry.kind !== "directory") return entry.kind === "file" ? undefined : entry;
      const slash = wanted.indexOf("/", end + 1);
      end = slash < 0 ? wanted.length : slash;
      const next = contentsOf(entry).get(wanted.slice(0, end));
      if (next === undefined) return undefined;
      entry = next;
    }
    return entry;
  }

  /** By path. */
  function contentsOf(directory: DirectoryEntry): ReadonlyMap<string, TreeEntry> {
    const known = contents.get(directory.path);
    if (known !== undefined) return known;
    // A name can come twice when something is renamed while the directory is read.
    const entries = new Map<string, TreeEntry>();
    for (const dirent of direntsOf(directory)) {
      const entry = entryOf(dirent, directory);
      if (entry !== undefined) entries.set(entry.path, entry);
    }
    contents.set(directory.path, entries);
    return entries;
  }

  function direntsOf(directory: DirectoryEntry): readonly Dirent[] {
    try {
      const state = fileState(lstatSync(directory.real, { bigint: true }));
      // A directory that links show under several names is read several times: of the first look on, nothing may change.
      if (!states.has(directory.real)) states.set(directory.real, state);
      return readdirSync(directory.real, { withFileTypes: true });
    } catch (error) {
      if (directory === root || !isGone(error)) return throwReadFailure(error, directory.real);
      changed = true;
      return [];
    }
  }

  function entryOf(dirent: Dirent, parent: DirectoryEntry): TreeEntry | undefined {
    const inside = parent === root ? dirent.name : `${parent.path}/${dirent.name}`;
    const real = parent.real === "/" ? `/${dirent.name}` : `${parent.real}/${dirent.name}`;
    if (dirent.isSymbolicLink() && symlinks === "skip") return undefined;
    if (!isRelativePath(inside)) return { kind: "bad-name", path: inside, real, isDirectory: dirent.isDirectory() };
    if (dirent.isFile()) return { kind: "file", path: inside, real };
    if (dirent.isDirectory()) return { kind: "directory", path: inside, real, holders: parent.holders };
    if (!dirent.isSymbolicLink()) return { kind: "special", path: inside, real, isDirectory: false };
    if (symlinks !== "follow-inside") return { kind: "link", path: inside, real, isDirectory: showsDirectory(real) };
    const holders = [...parent.holders, parent.real];
    followed = true;
    const shown = followLink(real, root.real, holders);
    switch (shown.kind) {
      case "file":
        return { kind: "file", path: inside, real: shown.real };
      case "directory":
        return { kind: "directory", path: inside, real: shown.real, holders };
      case "special":
        return { kind: "special", path: inside, real: shown.real, isDirectory: false };
      case "link":
      case "dangling-link":
      case "outside-link":
      case "looping-link":
        return { kind: shown.kind, path: inside, real, isDirectory: shown.isDirectory };
    }
  }

  return { root, read, find, states, hasChanged: () => changed, hasFollowed: () => followed };
}

/** The real path of the source: its own path may well lead through links. */
function realRoot(path: string): string {
  try {
    const real = realpathSync.native(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    if (!isGone(error)) throwReadFailure(error, path);
    throw new Failure("SOURCE_UNREACHABLE", `The source directory ${path} does not exist.`, {
      cause: error,
      hint: "Check the remote's path in the configuration, and whether its file system is mounted.",
    });
  }
  throw new Failure("SOURCE_UNREACHABLE", `The source ${path} is not a directory.`);
}
