import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { lookAtFiles } from "../../src/store/look-at-files.ts";

/**
 * Bytes per second of `asof verify`'s hashing, as a ratio to `sha256sum` in two processes over the same files in a warm cache. Rounds alternate between the two, and the median of their ratios counts,
 * because a shared machine is faster in one minute than in the next.
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 7);
const small = 20_000;
const large = 6;
const megabyte = 1 << 20;

describe("asof verify", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    for (const [folder, count, size] of [
      ["small", small, (index: number) => 1000 + ((index * 7919) % 30_000)],
      ["large", large, () => 100 * megabyte],
    ] as const) {
      mkdirSync(path.join(dir, folder));
      for (let index = 0; index < count; index++)
        writeFileSync(path.join(dir, folder, String(index)), randomBytes(size(index)));
    }
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("hashes at no less than 60 % of the speed of sha256sum on two processors", async () => {
    const lines: string[] = [];
    for (const folder of ["small", "large", "."]) {
      const ratios: number[] = [];
      const speeds: (readonly [number, number])[] = [];
      for (let round = 0; round <= rounds; round++) {
        const [bytes, ours] = await hashAll(path.join(dir, folder));
        const theirs = timeOf(() =>
          execFileSync("sh", ["-c", "find . -type f -print0 | xargs -0 -P2 -n64 sha256sum > /dev/null"], {
            cwd: path.join(dir, folder),
          }),
        );
        // The first round warms the cache.
        if (round === 0) continue;
        ratios.push(theirs / ours);
        speeds.push([bytes / ours / 1000, bytes / theirs / 1000]);
      }
      const [ours, theirs] = [median(speeds.map(([one]) => one)), median(speeds.map(([, one]) => one))];
      lines.push(
        `${folder.padEnd(6)} ${ours.toFixed(0).padStart(6)} MB/s  sha256sum ${theirs.toFixed(0).padStart(6)} MB/s  ratio ${median(ratios).toFixed(2)}`,
      );
      expect(median(ratios)).toBeGreaterThan(0.6);
    }
    const memory = process.resourceUsage().maxRSS / 1024;
    process.stdout.write(`\n${lines.join("\n")}\npeak memory ${memory.toFixed(0)} MiB\n\n`);
  });
});

/** Bytes and milliseconds. */
async function hashAll(folder: string): Promise<readonly [number, number]> {
  const begin = performance.now();
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name));
  let bytes = 0;
  await lookAtFiles(files, {
    hash: true,
    signal: new AbortController().signal,
    onFile: (_, found) => void (bytes += found.is === "file" ? found.sizeBytes : 0),
  });
  return [bytes, performance.now() - begin];
}

function timeOf(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
