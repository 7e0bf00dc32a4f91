import { createHash } from "node:crypto";

import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { parseTimestamp } from "../../src/model/timestamp.ts";
import { planTrees } from "../../src/model/plan-trees.ts";
import { printTree, sortEntries } from "../../src/model/tree.ts";
import type { Tree } from "../../src/model/tree.ts";

/** A version held in memory, with a count of what was read of it. */
export interface TreeInMemory {
  readonly root: Digest;
  tree(digest: Digest): Tree;
  head(digest: Digest): string;
  readonly read: { trees: number; heads: number };
}

/** The version that holds these files, by path. */
export function treeInMemory(files: Readonly<Record<string, string>>): TreeInMemory {
  const trees = new Map<Digest, Tree>();
  const texts = new Map<Digest, string>();
  const read = { trees: 0, heads: 0 };
  const added = parseTimestamp("20250101T000000Z");
  if (added === undefined) throw new Error("no timestamp");
  const entries = Object.entries(files).map(([name, text]) => {
    const path = parseRelativePath(name);
    if (path === undefined) throw new Error(`no path: ${name}`);
    const digest = digestOf(text);
    texts.set(digest, text);
    return { path, digest, sizeBytes: Buffer.byteLength(text), added };
  });
  const root = planTrees("repo", sortEntries(entries), (tree) => {
    const digest = digestOf(printTree(tree));
    trees.set(digest, tree);
    return digest;
  });
  return {
    root,
    read,
    tree(digest) {
      read.trees += 1;
      const tree = trees.get(digest);
      if (tree === undefined) throw new Error(`no tree ${digest}`);
      return tree;
    },
    head(digest) {
      read.heads += 1;
      return texts.get(digest) ?? "";
    },
  };
}

/** Files whose content does not matter. */
export function emptyFiles(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

function digestOf(text: string): Digest {
  const digest = parseDigest(createHash("sha256").update(text).digest("hex"));
  if (digest === undefined) throw new Error("no digest");
  return digest;
}
