import { lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import type { RelativePath } from "../../src/model/relative-path.ts";
import { columnsOf, fileState, isRacy, stateAt } from "../../src/sources/file-state.ts";
import type { FileState } from "../../src/sources/file-state.ts";
import { recall, rememberScan } from "../../src/sources/remembered-scan.ts";
import type { Scan } from "../../src/sources/remembered-scan.ts";
import { memoryCache } from "./directory-world.ts";

const state: FileState = { key: "1,2,3,4000000000,5000000000", sizeBytes: 3, modified: 4, changed: 5 };
const scan: Scan = {
  directories: [
    { path: "", state: columnsOf(state) },
    { path: "a b", state: undefined },
  ],
  files: [
    { path: pathOf("a"), state: columnsOf(state), digest: digestOf("a") },
    { path: pathOf("a b/ c😀"), state: undefined, digest: digestOf("b") },
  ],
  isPlain: true,
};

async function remembered(): Promise<Buffer> {
  const cache = memoryCache();
  await rememberScan(cache, "source", "tag", scan);
  if (cache.content === undefined) throw new Error("nothing was written");
  return cache.content;
}

describe("a remembered scan", () => {
  it("gives back what was found, under its tag", async () => {
    const read = await recall(memoryCache(await remembered()), "source");
    expect(read).toMatchObject({ tag: "tag", isPlain: true, counts: { directories: 2, files: 2 } });
    expect(read?.directories()).toEqual(["", "a b"]);
    expect(read?.paths()).toEqual(["a", "a b/ c😀"]);
    expect([0, 1].map((index) => read?.digestOf(index))).toEqual([digestOf("a"), digestOf("b")]);
    expect(read === undefined ? undefined : stateAt({ states: read.fileStates, at: 0 })).toEqual(state);
  });

  it("has zeros, which no file has, for what may have changed without showing it", async () => {
    const read = await recall(memoryCache(await remembered()), "source");
    expect([...(read?.fileStates.subarray(5) ?? [])]).toEqual([0n, 0n, 0n, 0n, 0n]);
    expect([...(read?.directoryStates.subarray(5) ?? [])]).toEqual([0n, 0n, 0n, 0n, 0n]);
  });

  it("is of no use for a source that is described otherwise", async () => {
    expect(await recall(memoryCache(await remembered()), "source 2")).toBeUndefined();
    expect(await recall(memoryCache(), "source")).toBeUndefined();
  });

  it("is as good as none when any byte of it is another, or it is cut off", async () => {
    const whole = await remembered();
    for (let index = 0; index < whole.length; index++) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(await recall(memoryCache(flipped), "source")).toBeUndefined();
      expect(await recall(memoryCache(whole.subarray(0, index)), "source")).toBeUndefined();
    }
  });

  it("survives anything in its place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.boolean(), async (bytes, isOurs) => {
        const content = isOurs ? Buffer.concat([Buffer.from("asof scan 2 "), bytes]) : Buffer.from(bytes);
        expect(await recall(memoryCache(content), "source")).toBeUndefined();
      }),
      { numRuns: 200 },
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
    expect(stateAt(columnsOf(seen))).toEqual(seen);
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

function digestOf(character: string): Digest {
  const parsed = parseDigest(character.repeat(64));
  if (parsed === undefined) throw new Error("not a digest");
  return parsed;
}

function pathOf(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  if (parsed === undefined) throw new Error("not a path");
  return parsed;
}
