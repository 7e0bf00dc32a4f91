import { Failure } from "../failure.ts";
import { isRelativePath } from "../model/relative-path.ts";
import { checkPattern, selectEntries } from "./directory-glob.ts";
import type { DirectoryEntry, DirectoryTree, TreeEntry } from "./directory-tree.ts";

/**
 * Those of `paths` that a pattern selects, by the rules of a directory source's `include`: fast-glob's patterns, dotfiles included, and a pattern without wildcards that names a directory means
 * everything in it. Throws USAGE for a pattern that is absolute, negated or leads upwards.
 */
export async function selectPaths(
  paths: Iterable<string>,
  pattern: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const plain = checkPattern(pattern);
    // Loaded here and not at the start: hardly any command needs it.
    const { default: fastGlob } = await import("fast-glob");
    if (!fastGlob.isDynamicPattern(plain)) {
      return new Set([...paths].filter((path) => path === plain || path.startsWith(`${plain}/`)));
    }
    const selected = await selectEntries(treeOfPaths(paths), { include: [pattern], exclude: [] }, signal);
    return new Set(selected.flatMap(({ kind, path }) => (kind === "file" ? [path] : [])));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "CONFIG") throw error;
    throw new Failure("USAGE", error.message, { cause: error, hint: "patterns are those of a remote's include" });
  }
}

/** Paths as the tree of directories that they stand in. A name that is a file in one version and a directory in the other is both. */
function treeOfPaths(paths: Iterable<string>): Pick<DirectoryTree, "root" | "read" | "find"> {
  const root: DirectoryEntry = { kind: "directory", path: "", real: "/", holders: [] };
  const children = new Map<string, TreeEntry[]>([["", []]]);
  const files = new Map<string, TreeEntry>();
  for (const path of paths) {
    if (!isRelativePath(path)) throw new Error(`a record holds the path ${path}`);
    const file: TreeEntry = { kind: "file", path, real: "/" };
    files.set(path, file);
    childrenOf(folderOf(path)).push(file);
  }

  function childrenOf(folder: string): TreeEntry[] {
    const known = children.get(folder);
    if (known !== undefined) return known;
    const made: TreeEntry[] = [];
    children.set(folder, made);
    childrenOf(folderOf(folder)).push({ kind: "directory", path: folder, real: "/", holders: [] });
    return made;
  }

  function find(path: string): TreeEntry | undefined {
    const file = files.get(path);
    if (file !== undefined || !children.has(path)) return file;
    return path === "" ? root : { kind: "directory", path, real: "/", holders: [] };
  }

  return { root, find, read: ({ path }) => children.get(path) ?? [] };
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
