import { compareNames } from "./compare-names.ts";
import type { Digest } from "./digest.ts";
import type { PathSelection } from "./path-selection.ts";
import type { Timestamp } from "./timestamp.ts";
import type { Tree, TreeFile, TreeNode } from "./tree.ts";

/** One path that is not what it was. */
export interface ChangedPath {
  readonly kind: "added" | "removed" | "changed";
  readonly path: string;
}

/** The same with its bytes; of what was removed, those that went. */
export interface Change extends ChangedPath, ChangedBytes {
  /** When these bytes came into the repository under this path. */
  readonly since: Timestamp;
  /** Of `changed`, which has other bytes under the same name: those before. */
  readonly was?: ChangedBytes;
}

export interface ChangedBytes {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface ChangeCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** A path whose file is not recorded alike in two versions: other bytes, another second at which they came, or none in one of them. */
export interface FilePair {
  readonly path: string;
  readonly before: TreeFile | undefined;
  readonly after: TreeFile | undefined;
}

/** What differs between two versions of one repository, in path order. Of files that have the same bytes nothing is told. */
export function* differenceOf(...versions: Parameters<typeof differingFiles>): Generator<Change, void, undefined> {
  for (const { path, before, after } of differingFiles(...versions)) {
    if (after === undefined) {
      if (before !== undefined) yield changeOf("removed", path, before);
    } else if (before === undefined) yield changeOf("added", path, after);
    else if (before.digest !== after.digest) {
      const { digest, sizeBytes } = before;
      yield { ...changeOf("changed", path, after), was: { digest, sizeBytes } };
    }
  }
}

/**
 * Files that are recorded differently in two versions, in path order; undefined is the empty one. Directories with equal records are not opened, and none that `selection`, if there is one, does not reach: the cost
 * follows the change. `read` answers the record of a digest.
 */
export function* differingFiles(
  from: Digest | undefined,
  to: Digest | undefined,
  read: (digest: Digest) => Tree,
  selection?: PathSelection,
  path = "",
): Generator<FilePair, void, undefined> {
  if (from === to || selection?.reaches(path) === false) return;
  const nodesOf = (tree: Digest | undefined): readonly TreeNode[] => (tree === undefined ? [] : read(tree).nodes);
  for (const [a, b] of pairNodes(nodesOf(from), nodesOf(to))) {
    const node = b ?? a;
    if (node === undefined) continue;
    const place = path === "" ? node.name : `${path}/${node.name}`;
    if (node.kind === "directory") {
      yield* differingFiles(treeOf(a), treeOf(b), read, selection, place);
      continue;
    }
    const [before, after] = [fileOf(a), fileOf(b)];
    const isSame = before?.digest === after?.digest && before?.added === after?.added;
    if (!isSame && selection?.has(place) !== false) yield { path: place, before, after };
  }
}

/** Walks two directories side by side: each file and each directory once, with what each of the two has under its name. A file and a directory of one name are no pair. */
export function* pairNodes(
  before: readonly TreeNode[],
  after: readonly TreeNode[],
): Generator<readonly [TreeNode | undefined, TreeNode | undefined]> {
  let left = 0;
  let right = 0;
  for (;;) {
    const a = before[left];
    const b = after[right];
    if (a === undefined && b === undefined) return;
    const order = a === undefined ? 1 : b === undefined ? -1 : compareNodes(a, b);
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
    yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
  }
}

export function countChanges(changes: Iterable<Change>): ChangeCounts {
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const change of changes) counts[change.kind] += 1;
  return counts;
}

function changeOf(kind: Change["kind"], path: string, { digest, sizeBytes, added }: TreeFile): Change {
  return { kind, path, digest, sizeBytes, since: added };
}

/** Nodes are sorted by name with a trailing slash for directories, so a file and a directory of one name never meet here. */
function compareNodes(a: TreeNode, b: TreeNode): number {
  return compareNames(sortKey(a), sortKey(b));
}

function sortKey(node: TreeNode): string {
  return node.kind === "directory" ? `${node.name}/` : node.name;
}

function treeOf(node: TreeNode | undefined): Digest | undefined {
  return node?.kind === "directory" ? node.tree : undefined;
}

function fileOf(node: TreeNode | undefined): TreeFile | undefined {
  return node?.kind === "file" ? node : undefined;
}
