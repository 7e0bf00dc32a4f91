import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compareNames } from "../../src/model/compare-names.ts";
import { countChanges, differenceOf } from "../../src/model/difference.ts";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import type { Entry } from "../../src/model/entry.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { markChanged, planTrees, planVersion } from "../../src/model/plan-trees.ts";
import { pairByPath } from "../../src/model/pair-by-path.ts";
import { parseTree, printTree, sortEntries } from "../../src/model/tree.ts";
import type { Tree } from "../../src/model/tree.ts";
import { entriesOf } from "../../src/operations/entries.ts";

describe("a directory's record", () => {
  it("is read back as it was printed, whatever the names", () => {
    fc.assert(
      fc.property(entrySets, (entries) => {
        const store = memoryStore();
        planTrees("repo", entries, store.put);
        for (const tree of store.trees.values()) expect(parseTree(printTree(tree))).toEqual(tree);
      }),
    );
  });

  it("keeps a name with spaces and other letters", () => {
    const entries = [entry("a b/ü  #1.txt", 1)];
    const store = memoryStore();
    const root = planTrees("repo", entries, store.put);
    expect([...entriesOf(root, store.read)]).toEqual(entries);
  });

  it("is, cut from a version before and what changed, what it is cut from nothing", () => {
    fc.assert(
      fc.property(entrySets, entrySets, (before, drawn) => {
        const store = memoryStore();
        const earlier = planVersion("repo", before, store.put);
        // What is the same in both is the very same entry, as in a sync.
        const kept = new Map(before.map((one) => [one.path, one]));
        const after = drawn.map((one) =>
          kept.get(one.path)?.digest === one.digest ? (kept.get(one.path) ?? one) : one,
        );
        const changed = new Set<string>();
        for (const [a, b] of pairByPath(before, after)) if (a !== b) markChanged(changed, (b ?? a)?.path ?? "");
        let cut = 0;
        const count = (tree: Tree): Digest => {
          cut += 1;
          return store.put(tree);
        };
        const { directories } = earlier;
        expect(planVersion("repo", after, count, { directories, changed })).toEqual(
          planVersion("repo", after, store.put),
        );
        expect(cut).toBeLessThanOrEqual(Math.max(1, changed.size));
      }),
    );
  });

  it("is refused when a line is none, or the text stops within one", () => {
    const store = memoryStore();
    const root = planTrees("repo", [entry("a", 1), entry("d/b", 2)], store.put);
    const text = printTree(store.read(root));
    expect(parseTree(text)).toBeDefined();
    expect(parseTree(text.slice(0, -1))).toBeUndefined();
    expect(parseTree(text.replace("asof-tree 1", "asof-tree 2"))).toBeUndefined();
    expect(parseTree(text.replace(/^f .*$/m, "f short 1 x a"))).toBeUndefined();
    expect(parseTree(text.replace(/ a$/m, " ../a"))).toBeUndefined();
  });
});

describe("a version's trees", () => {
  it("hold exactly the entries they were made of, in path order", () => {
    fc.assert(
      fc.property(entrySets, (entries) => {
        const store = memoryStore();
        const root = planTrees("repo", entries, store.put);
        expect([...entriesOf(root, store.read)]).toEqual(entries);
      }),
    );
  });

  it("share the records of directories that did not change", () => {
    const store = memoryStore();
    planTrees("repo", sortEntries([entry("same/a", 1), entry("other/b", 2)]), store.put);
    const before = store.trees.size;
    planTrees("repo", sortEntries([entry("same/a", 1), entry("other/b", 3)]), store.put);
    expect(store.trees.size - before).toBe(2);
  });

  it("count what lies below a directory, and its newest second", () => {
    const store = memoryStore();
    const root = planTrees("repo", sortEntries([entry("d/a", 1, 100), entry("d/e/b", 2, 300)]), store.put);
    expect(store.read(root).nodes).toMatchObject([
      { kind: "directory", files: 2, bytes: 3, newest: timestampFromSeconds(300) },
    ]);
  });
});

describe("the difference of two versions", () => {
  it("is what a comparison of all entries says", () => {
    fc.assert(
      fc.property(entrySets, entrySets, (before, after) => {
        const store = memoryStore();
        const from = planTrees("repo", before, store.put);
        const to = planTrees("repo", after, store.put);
        const changes = [...differenceOf(from, to, store.read)].map(({ kind, path }) => `${kind} ${path}`);
        expect(changes.toSorted()).toEqual(naiveDifference(before, after).toSorted());
      }),
    );
  });

  it("tells the bytes before and after, and since when they are there", () => {
    const store = memoryStore();
    const from = planTrees("repo", sortEntries([entry("a", 1, 100), entry("b", 2, 100)]), store.put);
    const to = planTrees("repo", sortEntries([entry("b", 3, 200), entry("d/c", 4, 200)]), store.put);
    const [a, b] = entriesOf(from, store.read);
    const [after, added] = entriesOf(to, store.read);
    expect([...differenceOf(from, to, store.read)]).toEqual([
      { kind: "removed", path: "a", digest: a?.digest, sizeBytes: a?.sizeBytes, since: a?.added },
      {
        kind: "changed",
        path: "b",
        digest: after?.digest,
        sizeBytes: after?.sizeBytes,
        since: after?.added,
        was: { digest: b?.digest, sizeBytes: b?.sizeBytes },
      },
      { kind: "added", path: "d/c", digest: added?.digest, sizeBytes: added?.sizeBytes, since: added?.added },
    ]);
  });

  it("does not open directories that are equal", () => {
    const store = memoryStore();
    const common = [entry("big/1", 1), entry("big/2", 2)];
    const from = planTrees("repo", sortEntries([...common, entry("x", 1)]), store.put);
    const to = planTrees("repo", sortEntries([...common, entry("x", 2)]), store.put);
    const opened: string[] = [];
    const read = (digest: Digest): Tree => {
      opened.push(store.read(digest).path);
      return store.read(digest);
    };
    expect(countChanges(differenceOf(from, to, read))).toEqual({ added: 0, removed: 0, changed: 1 });
    expect(opened).not.toContain("big");
  });
});

function naiveDifference(before: readonly Entry[], after: readonly Entry[]): string[] {
  const [a, b] = [before, after].map((entries) => new Map(entries.map(({ path, digest }) => [path, digest])));
  const paths = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...paths].flatMap((path) => {
    if (a?.has(path) !== true) return [`added ${path}`];
    if (b?.has(path) !== true) return [`removed ${path}`];
    return a.get(path) === b.get(path) ? [] : [`changed ${path}`];
  });
}

function memoryStore(): {
  readonly trees: ReadonlyMap<Digest, Tree>;
  put(tree: Tree): Digest;
  read(digest: Digest): Tree;
} {
  const trees = new Map<Digest, Tree>();
  return {
    trees,
    put(tree) {
      const digest = digestOf(printTree(tree));
      trees.set(digest, tree);
      return digest;
    },
    read(digest) {
      const tree = trees.get(digest);
      if (tree === undefined) throw new Error(`no record ${digest}`);
      return tree;
    },
  };
}

function entry(path: string, size: number, added = 0): Entry {
  const parsed = parseRelativePath(path);
  if (parsed === undefined) throw new Error(path);
  return { path: parsed, digest: digestOf(String(size)), sizeBytes: size, added: timestampFromSeconds(added) };
}

function digestOf(text: string): Digest {
  const digest = parseDigest(createHash("sha256").update(text).digest("hex"));
  if (digest === undefined) throw new Error("no digest");
  return digest;
}

/** Sorted, no path twice, none both file and directory. */
const entrySets = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom("a", "a-b", "a.txt", "b", "ü", "𝄞", "\uFFEE", "z z"), { minLength: 1, maxLength: 4 }),
      fc.nat(5),
    ),
    { maxLength: 12 },
  )
  .map((raw) => {
    const found = new Map<string, Entry>();
    for (const [segments, size] of raw) {
      const path = segments.join("/");
      const clashes = [...found.keys()].some(
        (other) => `${other}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${other}/`),
      );
      if (!clashes) found.set(path, entry(path, size, size * 10));
    }
    return sortEntries(found.values());
  });

describe("the order of names", () => {
  it("is the order of their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareNames(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
