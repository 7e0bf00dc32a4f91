import { compareNames } from "./compare-names.ts";
import type { Digest } from "./digest.ts";
import { isDigest } from "./digest.ts";
import type { Entry } from "./entry.ts";
import { isRelativePath } from "./relative-path.ts";
import { isTimestamp } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * One directory of a version. A version is the digest of its root's record, a Merkle tree: a record names its files by content and its directories by the
 * digest of their records. The repository and the path stand in the record, because a directory's page shows when each entry came into this
 * repository under this path.
 */
export interface Tree {
  readonly repository: string;
  /** Path inside the repository, "" for the root. */
  readonly path: string;
  /** Sorted by `compareNames` over names, those of directories with a trailing slash. */
  readonly nodes: readonly TreeNode[];
}

export type TreeNode = TreeFile | TreeDirectory;

export interface TreeFile {
  readonly kind: "file";
  readonly name: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly added: Timestamp;
}

export interface TreeDirectory {
  readonly kind: "directory";
  readonly name: string;
  readonly tree: Digest;
  /** Totals over everything below. */
  readonly files: number;
  readonly bytes: number;
  readonly newest: Timestamp;
}

const header = "asof-tree 1";

/** The record of a directory: what is hashed and stored. One line a node, name last, so that a name may hold spaces. */
export function printTree(tree: Tree): string {
  const lines = [header, `repository ${tree.repository}`, `path ${tree.path}`];
  for (const node of tree.nodes) {
    lines.push(
      node.kind === "file"
        ? `f ${node.digest} ${node.sizeBytes} ${node.added} ${node.name}`
        : `d ${node.tree} ${node.files} ${node.bytes} ${node.newest} ${node.name}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Reads a record back; undefined when the text is none. */
export function parseTree(text: string): Tree | undefined {
  const [first, repository, path, ...rest] = text.split("\n");
  if (first !== header || repository?.startsWith("repository ") !== true || path?.startsWith("path ") !== true) {
    return undefined;
  }
  if (rest.pop() !== "") return undefined;
  const nodes: TreeNode[] = [];
  for (const line of rest) {
    const node = line.startsWith("f ") ? parseFile(line) : parseDirectory(line);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return { repository: repository.slice("repository ".length), path: path.slice("path ".length), nodes };
}

/** 0 for the root, 1 for the directories in it. */
export function levelOf(tree: Tree): number {
  return tree.path === "" ? 0 : tree.path.split("/").length;
}

/** Entries in the order that `planTrees` wants. */
export function sortEntries(entries: Iterable<Entry>): readonly Entry[] {
  return [...entries].toSorted((a, b) => compareNames(a.path, b.path));
}

function parseFile(line: string): TreeFile | undefined {
  const match = /^f ([0-9a-f]{64}) (\d+) (\S+) (.+)$/s.exec(line);
  if (match === null) return undefined;
  const [, digest = "", size = "", added = "", name = ""] = match;
  if (!isDigest(digest) || !isTimestamp(added) || !isName(name)) return undefined;
  return { kind: "file", name, digest, sizeBytes: Number(size), added };
}

function parseDirectory(line: string): TreeDirectory | undefined {
  const match = /^d ([0-9a-f]{64}) (\d+) (\d+) (\S+) (.+)$/s.exec(line);
  if (match === null) return undefined;
  const [, tree = "", files = "", bytes = "", newest = "", name = ""] = match;
  if (!isDigest(tree) || !isTimestamp(newest) || !isName(name)) return undefined;
  return { kind: "directory", name, tree, files: Number(files), bytes: Number(bytes), newest };
}

function isName(name: string): boolean {
  return !name.includes("/") && isRelativePath(name);
}
