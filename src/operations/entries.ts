import type { Digest } from "../model/digest.ts";
import type { Entry } from "../model/entry.ts";
import { isRelativePath } from "../model/relative-path.ts";
import type { Tree } from "../model/tree.ts";

/** Every entry of a version, in path order. `read` answers the record of a digest. */
export function* entriesOf(root: Digest, read: (digest: Digest) => Tree): Generator<Entry> {
  const tree = read(root);
  const prefix = tree.path === "" ? "" : `${tree.path}/`;
  for (const node of tree.nodes) {
    if (node.kind === "directory") {
      yield* entriesOf(node.tree, read);
      continue;
    }
    const path = prefix + node.name;
    if (!isRelativePath(path)) throw new Error(`a record holds the path ${path}`);
    yield { path, digest: node.digest, sizeBytes: node.sizeBytes, added: node.added };
  }
}

/** The file that a version holds under `path`, or undefined. */
export function fileAt(
  root: Digest,
  path: string,
  read: (digest: Digest) => Tree,
): { readonly digest: Digest; readonly sizeBytes: number } | undefined {
  const segments = path.split("/");
  const last = segments.pop();
  const tree = treeAt(root, segments, read);
  const node = tree?.nodes.find((one) => one.kind === "file" && one.name === last);
  return node?.kind === "file" ? node : undefined;
}

export function hasDirectory(root: Digest, path: string, read: (digest: Digest) => Tree): boolean {
  return treeAt(root, path.split("/"), read) !== undefined;
}

function treeAt(root: Digest, segments: readonly string[], read: (digest: Digest) => Tree): Tree | undefined {
  let tree = read(root);
  for (const segment of segments) {
    const node = tree.nodes.find((one) => one.kind === "directory" && one.name === segment);
    if (node?.kind !== "directory") return undefined;
    tree = read(node.tree);
  }
  return tree;
}
