import type { Digest } from "./digest.ts";
import { pairNodes } from "./difference.ts";
import type { PathSelection } from "./path-selection.ts";
import type { Tree, TreeFile, TreeNode } from "./tree.ts";

/** A path whose file is not recorded alike in two versions: other bytes, another second at which they came, or none in one of them. */
export interface FilePair {
  readonly path: string;
  readonly before: TreeFile | undefined;
  readonly after: TreeFile | undefined;
}

/** Two versions of one repository; undefined is the empty one. */
export interface VersionPair {
  readonly before: Digest | undefined;
  readonly after: Digest | undefined;
}

/**
 * Files that are recorded differently in two versions, those of a directory beside each other. Records are read where they differ and `selection`, if there is one, reaches. `read` answers the record of a digest.
 */
export function* differingFiles(
  { before, after }: VersionPair,
  read: (digest: Digest) => Tree,
  selection?: PathSelection,
  path = "",
): Generator<FilePair, void, undefined> {
  if (before === after || selection?.reaches(path) === false) return;
  const nodesOf = (tree: Digest | undefined): readonly TreeNode[] => (tree === undefined ? [] : read(tree).nodes);
  for (const [a, b] of pairNodes(nodesOf(before), nodesOf(after))) {
    const node = b ?? a;
    if (node === undefined) continue;
    const place = path === "" ? node.name : `${path}/${node.name}`;
    if (node.kind === "directory") {
      yield* differingFiles({ before: treeOf(a), after: treeOf(b) }, read, selection, place);
      continue;
    }
    const pair = { path: place, before: fileOf(a), after: fileOf(b) };
    if (selection?.has(place) !== false && isDifferent(pair)) yield pair;
  }
}

function isDifferent({ before, after }: FilePair): boolean {
  return before?.digest !== after?.digest || before?.added !== after?.added;
}

function treeOf(node: TreeNode | undefined): Digest | undefined {
  return node?.kind === "directory" ? node.tree : undefined;
}

function fileOf(node: TreeNode | undefined): TreeFile | undefined {
  return node?.kind === "file" ? node : undefined;
}
