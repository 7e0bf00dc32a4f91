import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { compareScan } from "./compare-scan.ts";
import type { ScanDifference } from "./compare-scan.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import type { DirectoryEntry, DirectoryTree, FileEntry, TroubleEntry } from "./directory-tree.ts";
import { everyEntry, lookAtFiles, takesEverything, walkDirectory } from "./directory-walk.ts";
import type { Walk } from "./directory-walk.ts";
import type { RememberedScan } from "./remembered-scan.ts";

/** A walk that looked only at what had changed: the rest stands in the remembered scan. */
export interface Rewalk extends Walk {
  /** Rows of the scan that are as they were, rising; "all" when nothing differs. */
  readonly keptFiles: readonly number[] | "all";
  readonly keptDirectories: readonly number[] | "all";
}

/**
 * `walkDirectory` for a source that was scanned before. Directories and files that are as they were cost a look each; only those that differ are read again. Throws as `walkDirectory` does.
 */
export async function rewalkDirectory(
  remote: DirectoryRemote,
  scan: RememberedScan | undefined,
  signal: AbortSignal,
): Promise<Rewalk> {
  if (scan?.isPlain !== true) return walkAll(remote, signal);
  const tree = openDirectoryTree(remote);
  const difference = await compareScan(tree.root.real, scan, signal);
  if (difference.directories.length === 0 && difference.files.length === 0)
    return { ...nothing, keptFiles: "all", keptDirectories: "all" };
  // Which new names patterns select is for the whole walk to find out.
  if (difference.directories.length > 0 && !takesEverything(remote)) return walkAll(remote, signal);
  const walk = await walkDifference(remote, tree, scan, difference, signal);
  // A name that is gone although its directory is as it was: memory is of no use there, now or in the next run.
  return walk.hasChanged ? walkAll(remote, signal) : walk;
}

const nothing: Walk = { files: new Map(), troubles: [], directories: new Map(), hasChanged: false, hasFollowed: false };

async function walkAll(remote: DirectoryRemote, signal: AbortSignal): Promise<Rewalk> {
  return { ...(await walkDirectory(remote, signal)), keptFiles: [], keptDirectories: [] };
}

async function walkDifference(
  remote: DirectoryRemote,
  tree: DirectoryTree,
  scan: RememberedScan,
  difference: ScanDifference,
  signal: AbortSignal,
): Promise<Rewalk> {
  const { found, troubles, reread } = await readChanged(remote, tree, scan, difference, signal);
  const changedFiles = new Set(difference.files);
  const keptFiles: number[] = [];
  for (const [row, path] of scan.paths().entries()) {
    if (reread.has(parentOf(path))) continue;
    if (changedFiles.has(row)) found.push({ kind: "file", path, real: realOf(tree, path) });
    else keptFiles.push(row);
  }
  const files = await lookAtFiles(tree, found, signal);
  const keptDirectories = [...scan.directories().entries()].flatMap(([row, path]) => (reread.has(path) ? [] : [row]));
  return {
    files,
    troubles,
    directories: tree.states,
    hasChanged: tree.hasChanged() || files.size < found.length,
    hasFollowed: tree.hasFollowed(),
    keptFiles,
    keptDirectories,
  };
}

interface Changed {
  readonly found: FileEntry[];
  readonly troubles: readonly TroubleEntry[];
  /** Remembered directories that were read again, or are gone: nothing of them is taken from memory. */
  readonly reread: ReadonlySet<string>;
}

/** Reads the directories that differ and those that are new, parents first: what is below a directory that is gone is not looked for. */
async function readChanged(
  remote: DirectoryRemote,
  tree: DirectoryTree,
  scan: RememberedScan,
  difference: ScanDifference,
  signal: AbortSignal,
): Promise<Changed> {
  const remembered = scan.directories();
  const known = difference.directories.length === 0 ? new Set<string>() : new Set(remembered);
  const differing = new Set(difference.directories.map((row) => remembered[row] ?? ""));
  const reread = new Set<string>();
  /** Directories that their parents, read again, no longer show. */
  const shown = new Map<string, ReadonlySet<string>>();
  const found: FileEntry[] = [];
  const troubles: TroubleEntry[] = [];
  const fresh: DirectoryEntry[] = [];
  for (const path of differing.size === 0 ? [] : remembered) {
    const parent = parentOf(path);
    const isGone = path !== "" && reread.has(parent) && shown.get(parent)?.has(path) !== true;
    if (isGone) reread.add(path);
    if (isGone || !differing.has(path)) continue;
    reread.add(path);
    const below = new Set<string>();
    for (const entry of tree.read(
      path === "" ? tree.root : { kind: "directory", path, real: realOf(tree, path), holders: [] },
    )) {
      if (entry.kind === "directory") {
        below.add(entry.path);
        if (!known.has(entry.path)) fresh.push(entry);
      } else if (entry.kind !== "file") troubles.push(entry);
      else if (entry.path !== remote.ready) found.push(entry);
    }
    shown.set(path, below);
  }
  for (const entry of await everyEntry(tree, fresh, signal)) {
    if (entry.kind === "file") found.push(entry);
    else if (entry.kind !== "directory") troubles.push(entry);
  }
  return { found, troubles, reread };
}

function parentOf(path: RelativePath | string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function realOf({ root }: DirectoryTree, path: string): string {
  if (path === "") return root.real;
  return root.real === "/" ? `/${path}` : `${root.real}/${path}`;
}
