import type { Digest } from "../model/digest.ts";
import type { Tree } from "../model/tree.ts";

/** Something that was looked for, and the directory that has it: below the version's root, "" or with a slash at the end. */
export interface FoundInTree<Mark> {
  readonly mark: Mark;
  readonly folder: string;
}

/**
 * Looks for things in the directories of many versions. `marksOf` says what of them a directory has itself. Each distinct directory is read once, and only the ways to what was found are remembered: what comes out is
 * made while it is asked for, because a thing in a thousand versions is found a thousand times.
 */
export function openTreeFinder<Mark>(
  read: (digest: Digest) => Tree,
  marksOf: (digest: Digest, tree: Tree) => readonly Mark[],
): (root: Digest) => Generator<FoundInTree<Mark>, void, undefined> {
  const known = new Map<Digest, Way<Mark>>();
  return (root) => follow(wayOf(root), "");

  function wayOf(digest: Digest): Way<Mark> {
    const before = known.get(digest);
    if (before !== undefined) return before;
    const tree = read(digest);
    const below = tree.nodes.flatMap((node): Way<Mark>["below"] => {
      const way = node.kind === "file" ? undefined : wayOf(node.tree);
      return way === undefined || isEmpty(way) ? [] : [{ name: node.name, way }];
    });
    const way = { marks: marksOf(digest, tree), below };
    known.set(digest, way);
    return way;
  }

  function* follow({ marks, below }: Way<Mark>, folder: string): Generator<FoundInTree<Mark>, void, undefined> {
    for (const mark of marks) yield { mark, folder };
    for (const { name, way } of below) yield* follow(way, `${folder}${name}/`);
  }
}

interface Way<Mark> {
  readonly marks: readonly Mark[];
  readonly below: readonly { readonly name: string; readonly way: Way<Mark> }[];
}

function isEmpty({ marks, below }: Way<unknown>): boolean {
  return marks.length + below.length === 0;
}
