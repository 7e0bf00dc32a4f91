import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import type { Entry } from "../../src/model/entry.ts";
import { planVersion } from "../../src/model/plan-trees.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { printTree, sortEntries } from "../../src/model/tree.ts";
import type { Tree } from "../../src/model/tree.ts";
import { openVersionIndexes } from "../../src/store/version-index.ts";
import type { VersionIndex } from "../../src/store/version-index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "asof-index-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const trees = new Map<Digest, Tree>();
const version = indexOf([entry("a b", 1), entry("d/e/ü", 2), entry("d/e/b c", 3), entry("d-1", 4)]);

describe("the index of a version", () => {
  it("says what its records say, in memory, from the cache, and without one", () => {
    const remembering = openIndexes();
    remembering.remember("r", version);
    expect(remembering.of("r", version.root)).toBe(version);
    expect(openIndexes(noRecord).of("r", version.root)).toEqual(version);
    rmSync(join(folder, "r"));
    expect(openIndexes().of("r", version.root)).toEqual(version);
  });

  it("is read from the records when the cache is about another version", () => {
    openIndexes().remember("r", version);
    const other = indexOf([entry("x/y", 9)]);
    expect(openIndexes().of("r", other.root)).toEqual(other);
  });

  it("is read from the records when any byte of the cache is another, or it is cut off", () => {
    openIndexes().remember("r", version);
    const whole = readFileSync(join(folder, "r"));
    for (let index = 0; index < whole.length; index++) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      for (const damaged of [flipped, whole.subarray(0, index)]) {
        writeFileSync(join(folder, "r"), damaged);
        expect(openIndexes().of("r", version.root)).toEqual(version);
        expect(() => openIndexes(noRecord).of("r", version.root)).toThrow("no record");
      }
    }
  });
});

function openIndexes(read = recorded) {
  return openVersionIndexes((name) => join(folder, name), read);
}

function recorded(digest: Digest): Tree {
  return trees.get(digest) ?? noRecord();
}

function noRecord(): never {
  throw new Error("no record");
}

function indexOf(entries: readonly Entry[]): VersionIndex {
  const sorted = sortEntries(entries);
  const planned = planVersion("r", sorted, (tree) => {
    const digest = digestOf(printTree(tree));
    trees.set(digest, tree);
    return digest;
  });
  return { entries: sorted, ...planned };
}

function entry(text: string, size: number): Entry {
  const path = parseRelativePath(text);
  if (path === undefined) throw new Error("not a path");
  return { path, digest: digestOf(text), sizeBytes: size, added: timestampFromSeconds(size * 1000) };
}

function digestOf(text: string): Digest {
  const digest = parseDigest(createHash("sha256").update(text).digest("hex"));
  if (digest === undefined) throw new Error("not a digest");
  return digest;
}
