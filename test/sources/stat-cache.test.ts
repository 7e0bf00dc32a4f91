import { lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { fileState, isRacy, readStatCache } from "../../src/sources/stat-cache.ts";
import type { CachedFile, FileState } from "../../src/sources/stat-cache.ts";
import { memoryCache } from "./directory-world.ts";

function digest(character: string): Digest {
  const parsed = parseDigest(character.repeat(64));
  if (parsed === undefined) throw new Error("not a digest");
  return parsed;
}

function state(key: string): FileState {
  return { key, sizeBytes: 1, modified: 1, changed: 1 };
}

const files: readonly CachedFile[] = [
  { path: "a", state: state("1,2,3,4,5"), digest: digest("a") },
  { path: "a b/ c😀", state: state("1,3,3,4,5"), digest: digest("b") },
];

async function savedCache(): Promise<Buffer> {
  const cache = memoryCache();
  await (await readStatCache(cache)).save(files);
  if (cache.content === undefined) throw new Error("nothing was written");
  return cache.content;
}

describe("the stat cache", () => {
  it("knows the digest of a file only under its path and its very state", async () => {
    const cache = await readStatCache(memoryCache(await savedCache()));
    for (const file of files) expect(cache.digestOf(file.path, file.state)).toBe(file.digest);
    expect(cache.digestOf("a", state("1,2,3,4,6"))).toBeUndefined();
    expect(cache.digestOf("a", state("1,2,3,4"))).toBeUndefined();
    expect(cache.digestOf("b", state("1,2,3,4,5"))).toBeUndefined();
    expect(cache.digestOf("", state(""))).toBeUndefined();
  });

  it("is one line a file after a line with version and checksum", async () => {
    const [header, ...lines] = (await savedCache()).toString().split("\n");
    expect(header).toMatch(/^asof stat cache 1 [0-9a-f]{64}$/);
    expect(lines).toEqual([`${"a".repeat(64)} 1,2,3,4,5 a`, `${"b".repeat(64)} 1,3,3,4,5 a b/ c😀`, ""]);
  });

  it("replaces what was known, and is written only when something is new", async () => {
    const memory = memoryCache();
    await (await readStatCache(memory)).save(files);
    await (await readStatCache(memory)).save(files);
    expect(memory.writes).toBe(1);
    await (await readStatCache(memory)).save(files.slice(1));
    expect(memory.writes).toBe(2);
    expect((await readStatCache(memory)).digestOf("a", state("1,2,3,4,5"))).toBeUndefined();
    await (await readStatCache(memory)).save([]);
    await (await readStatCache(memory)).save([]);
    expect(memory.writes).toBe(3);
  });

  it("is as good as none when any byte of it is another, or it is cut off", async () => {
    const whole = await savedCache();
    for (let index = 0; index < whole.length; index++) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      for (const damaged of [flipped, whole.subarray(0, index)]) {
        const cache = await readStatCache(memoryCache(damaged));
        for (const file of files) expect(cache.digestOf(file.path, file.state)).toBeUndefined();
      }
    }
  });

  it("survives anything in its place, and is good again after the next run", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        const memory = memoryCache(Buffer.from(bytes));
        const cache = await readStatCache(memory);
        expect(cache.digestOf("a", state("1,2,3,4,5"))).toBeUndefined();
        await cache.save(files);
        expect((await readStatCache(memory)).digestOf("a", state("1,2,3,4,5"))).toBe(digest("a"));
      }),
      { numRuns: 50 },
    );
  });
});

describe("the state of a file", () => {
  it("tells device, inode, size and times to the nanosecond", () => {
    const folder = mkdtempSync(join(tmpdir(), "asof-state-"));
    writeFileSync(join(folder, "a"), "abc");
    const stats = lstatSync(join(folder, "a"), { bigint: true });
    const seen = fileState(stats);
    expect(seen.key).toBe(`${stats.dev},${stats.ino},3,${stats.mtimeNs},${stats.ctimeNs}`);
    expect(seen.sizeBytes).toBe(3);
    expect(seen.modified).toBeCloseTo(Number(stats.mtimeMs) / 1000, 1);
    rmSync(folder, { recursive: true });
  });

  it("is racy when any of its times lies less than two seconds before the scan, or after it", () => {
    const at = (modified: number, changed: number): FileState => ({ key: "", sizeBytes: 0, modified, changed });
    expect(isRacy(at(90, 97.9), 100)).toBe(false);
    expect(isRacy(at(90, 98), 100)).toBe(true);
    expect(isRacy(at(99, 90), 100)).toBe(true);
    expect(isRacy(at(200, 90), 100)).toBe(true);
  });
});
