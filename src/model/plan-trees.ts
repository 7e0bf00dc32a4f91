import type { Digest } from "./digest.ts";
import type { Entry } from "./entry.ts";
import type { Timestamp } from "./timestamp.ts";
import type { Tree, TreeNode } from "./tree.ts";

/** What the directory above has to know of one: its record, and totals over everything below. */
export interface PlannedDirectory {
  readonly tree: Digest;
  readonly files: number;
  readonly bytes: number;
  readonly newest: Timestamp;
}

/** The directories of a version by path, without the root. */
export type Directories = ReadonlyMap<string, PlannedDirectory>;

export interface PlannedVersion {
  readonly root: Digest;
  readonly directories: Directories;
}

/** A version of which most is as it was: `changed` are the directories, "" for the root, with any entry below that is not the very one of that version. */
export interface EarlierVersion {
  readonly directories: Directories;
  readonly changed: ReadonlySet<string>;
}

/** The root's digest of `planVersion`, where all is new. */
export function planTrees(repository: string, sorted: readonly Entry[], store: (tree: Tree) => Digest): Digest {
  return planVersion(repository, sorted, store).root;
}

/**
 * Cuts sorted entries into directories, deepest first, and hands each finished record to `store`, which answers its digest. What did not change since an earlier version is not cut again: the cost
 * follows the change.
 */
export function planVersion(
  repository: string,
  sorted: readonly Entry[],
  store: (tree: Tree) => Digest,
  earlier: EarlierVersion = { directories: new Map(), changed: new Set() },
): PlannedVersion {
  let index = 0;
  const planned = new Map<string, PlannedDirectory>();

  function directory(prefix: string): Directory {
    const found: Directory = { nodes: [], files: 0, bytes: 0, newest: undefined };
    for (let entry = sorted[index]; entry !== undefined && entry.path.startsWith(prefix); entry = sorted[index]) {
      const slash = entry.path.indexOf("/", prefix.length);
      if (slash < 0) {
        const { digest, sizeBytes, added } = entry;
        found.nodes.push({ kind: "file", name: entry.path.slice(prefix.length), digest, sizeBytes, added });
        count(found, 1, sizeBytes, added);
        index += 1;
        continue;
      }
      const name = entry.path.slice(prefix.length, slash);
      const below = unchanged(prefix + name) ?? cut(prefix + name, entry.added);
      planned.set(prefix + name, below);
      found.nodes.push({ kind: "directory", name, ...below });
      count(found, below.files, below.bytes, below.newest);
    }
    return found;
  }

  function unchanged(path: string): PlannedDirectory | undefined {
    const known = earlier.changed.has(path) ? undefined : earlier.directories.get(path);
    // All that lies below it follows here, as many as before.
    if (known !== undefined) index += known.files;
    return known;
  }

  function cut(path: string, added: Timestamp): PlannedDirectory {
    const { nodes, files, bytes, newest } = directory(`${path}/`);
    // A directory exists only because an entry lies below it.
    return { tree: store({ repository, path, nodes }), files, bytes, newest: newest ?? added };
  }

  const root = store({ repository, path: "", nodes: directory("").nodes });
  // Whatever went took the names above it along, so what is not changed is still there.
  for (const [path, known] of earlier.directories) if (!earlier.changed.has(path)) planned.set(path, known);
  return { root, directories: planned };
}

/** Adds the directories above a path to those that changed. */
export function markChanged(changed: Set<string>, path: string): void {
  for (let slash = path.lastIndexOf("/"); slash >= 0; slash = path.lastIndexOf("/", slash - 1)) {
    const above = path.slice(0, slash);
    if (changed.has(above)) return;
    changed.add(above);
  }
  changed.add("");
}

interface Directory {
  readonly nodes: TreeNode[];
  files: number;
  bytes: number;
  newest: Timestamp | undefined;
}

function count(total: Directory, files: number, bytes: number, newest: Timestamp): void {
  total.files += files;
  total.bytes += bytes;
  if (total.newest === undefined || newest > total.newest) total.newest = newest;
}
