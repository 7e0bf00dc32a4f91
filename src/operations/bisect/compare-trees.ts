import type { Digest } from "../../model/digest.ts";
import { pairNodes } from "../../model/difference.ts";
import type { PathSelection } from "../../model/path-selection.ts";
import type { TreeFile, TreeNode } from "../../model/tree.ts";
import type { Series } from "./series.ts";

/** A path that is not the same in two checkpoints, in the form that change files have. */
export interface PathChange {
  readonly kind: "added" | "removed" | "changed";
  readonly path: string;
  /** Of what is there now; with `removed` of what went. */
  readonly bytes: number;
  readonly sha256: Digest;
  /** With `changed`: what was there. */
  readonly was?: { readonly bytes: number; readonly sha256: Digest };
}

/**
 * What differs between two checkpoints of one repository, in path order, of what `selection` means, or of everything. Records are read where they differ and the selection reaches, and as they are wanted: who takes
 * the first change only does not pay for the rest.
 */
export async function* changesBetween(
  series: Pick<Series, "tree">,
  from: Digest | undefined,
  to: Digest | undefined,
  selection?: PathSelection,
): AsyncGenerator<PathChange, void, undefined> {
  yield* below("", from, to);

  async function* below(
    path: string,
    before: Digest | undefined,
    after: Digest | undefined,
  ): AsyncGenerator<PathChange, void, undefined> {
    if (before === after || selection?.reaches(path) === false) return;
    for (const [a, b] of pairNodes(await nodesOf(before, path), await nodesOf(after, path))) {
      const node = b ?? a;
      if (node === undefined) continue;
      const place = path === "" ? node.name : `${path}/${node.name}`;
      if (node.kind === "directory") yield* below(place, treeOf(a), treeOf(b));
      else if (selection?.has(place) !== false) yield* changeOf(place, fileOf(a), fileOf(b));
    }
  }

  async function nodesOf(digest: Digest | undefined, path: string): Promise<readonly TreeNode[]> {
    return digest === undefined ? [] : (await series.tree(digest, path)).nodes;
  }
}

function* changeOf(
  path: string,
  before: TreeFile | undefined,
  after: TreeFile | undefined,
): Generator<PathChange, void, undefined> {
  if (after !== undefined && before !== undefined) {
    if (before.digest === after.digest) return;
    yield { kind: "changed", path, ...contentOf(after), was: contentOf(before) };
  } else if (after !== undefined) yield { kind: "added", path, ...contentOf(after) };
  else if (before !== undefined) yield { kind: "removed", path, ...contentOf(before) };
}

function contentOf({ digest, sizeBytes }: TreeFile): { readonly bytes: number; readonly sha256: Digest } {
  return { bytes: sizeBytes, sha256: digest };
}

function treeOf(node: TreeNode | undefined): Digest | undefined {
  return node?.kind === "directory" ? node.tree : undefined;
}

function fileOf(node: TreeNode | undefined): TreeFile | undefined {
  return node?.kind === "file" ? node : undefined;
}
