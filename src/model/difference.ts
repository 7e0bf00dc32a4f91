import { compareNames } from "./compare-names.ts";
import type { Digest } from "./digest.ts";
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

/**
 * What differs between two versions of one repository, in path order. Directories with equal records are not opened: the cost follows the change.
 * `read` answers the record of a digest; a `from` of undefined is the empty version.
 */
export function* differenceOf(
  from: Digest | undefined,
  to: Digest | undefined,
  read: (digest: Digest) => Tree,
): Generator<Change> {
  if (from === to) return;
  const before = from === undefined ? [] : read(from).nodes;
  const after = to === undefined ? [] : read(to).nodes;
  const prefix = prefixOf(from, to, read);
  for (const [a, b] of pairNodes(before, after)) yield* nodeDifference(prefix, a, b, read);
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

function* nodeDifference(
  prefix: string,
  a: TreeNode | undefined,
  b: TreeNode | undefined,
  read: (digest: Digest) => Tree,
): Generator<Change> {
  const node = b ?? a;
  if (node === undefined) return;
  if (node.kind === "directory") {
    yield* differenceOf(
      a?.kind === "directory" ? a.tree : undefined,
      b?.kind === "directory" ? b.tree : undefined,
      read,
    );
    return;
  }
  const path = prefix + node.name;
  if (a === undefined) yield changeOf("added", path, node);
  else if (b === undefined) yield changeOf("removed", path, node);
  else if (a.kind === "file" && a.digest !== node.digest) {
    yield { ...changeOf("changed", path, node), was: { digest: a.digest, sizeBytes: a.sizeBytes } };
  }
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

function prefixOf(from: Digest | undefined, to: Digest | undefined, read: (digest: Digest) => Tree): string {
  const known = from ?? to;
  const path = known === undefined ? "" : read(known).path;
  return path === "" ? "" : `${path}/`;
}
