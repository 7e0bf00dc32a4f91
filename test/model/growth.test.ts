import { describe, expect, it } from "vitest";

import { changeWithin, measuredCurve } from "../../src/model/change-curve.ts";
import { contentFacts } from "../../src/model/content-facts.ts";
import { amountOf } from "../../src/model/growth.ts";
import type { GrowingRepository } from "../../src/model/growth.ts";
import { parseDigest } from "../../src/model/digest.ts";

const day = 86_400;
const facts = contentFacts(
  [
    { path: "a/b/1", digest: parseDigest("1".repeat(64)), sizeBytes: 5000 },
    { path: "a/b/2", digest: parseDigest("1".repeat(64)), sizeBytes: 5000 },
    { path: "a/3", digest: undefined, sizeBytes: 0 },
    { path: "c/index.html", digest: undefined, sizeBytes: 10 },
    { path: "4", digest: undefined, sizeBytes: undefined },
  ],
  4096,
);

describe("what a version is like", () => {
  it("is counted by content, directory and name", () => {
    expect(facts).toMatchObject({
      files: 5,
      bytes: 10_010,
      contents: 4,
      contentBytes: 5010,
      contentDiskBytes: 8192 + 4096,
      mostPaths: 2,
      emptyFiles: 2,
      ownListings: 1,
      directories: 3,
      topDirectories: 2,
      longestPathBytes: "c/index.html".length,
    });
    expect([...facts.directorySizes].toSorted()).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });
});

describe("what changes in some time", () => {
  const step = { files: 10, bytes: 1000, directories: 4 };
  const large = { ...facts, files: 10_000, bytes: 1_000_000, directories: 1000 };

  it("is as much as was measured, over one step and over all of them", () => {
    const curve = measuredCurve(day, step, 16, { files: 160, bytes: 4000, directories: 4 });
    expect(changeWithin(curve, day, large)).toEqual(step);
    const all = changeWithin(curve, 16 * day, large);
    expect(all.files).toBeCloseTo(160);
    expect(all.bytes).toBeCloseTo(4000);
    expect(all.directories).toBeCloseTo(4);
  });

  it("is never more than all there is", () => {
    const curve = measuredCurve(day, step, 2, { files: 20, bytes: 2000, directories: 8 });
    expect(changeWithin(curve, 1e9, large)).toEqual({ files: 10_000, bytes: 1_000_000, directories: 1000 });
  });

  it("touches, where it is spread evenly, every directory with a file that changed below it", () => {
    const all = changeWithin({ kind: "uniform", stepSeconds: day, filesPerStep: facts.files }, day, facts);
    expect(all).toEqual({ files: 5, bytes: 10_010, directories: 3 });
    const none = changeWithin({ kind: "uniform", stepSeconds: day, filesPerStep: 0 }, day, facts);
    expect(none).toEqual({ files: 0, bytes: 0, directories: 0 });
  });
});

describe("what checkpoints need", () => {
  const still: GrowingRepository = {
    facts,
    factsAt: 0,
    change: { kind: "uniform", stepSeconds: day, filesPerStep: 0 },
    addedPerSecond: 0,
    layout: "shared",
    checkpointDistributions: 1,
    plainDistributions: 0,
    hasManifest: false,
    hasSums: false,
    signatures: 0,
    page: { empty: 1000, row: 100 },
    changes: { inodes: 0, empty: 0, row: 0 },
    hasHistory: false,
    blockBytes: 4096,
  };

  it("is nothing where there is none", () => {
    expect(amountOf(still, [])).toEqual({ poolBytes: 0, diskBytes: 0, inodes: 0 });
  });

  it("follows the change: what stays the same is there once", () => {
    const [few, many] = [10, 1000].map((count) => amountOf(still, times(count)));
    // A root, its page, a record, a statement and a folder beside each, some with an empty file.
    expect(((many?.inodes ?? 0) - (few?.inodes ?? 0)) / 990).toBeLessThan(7);
    expect((many?.poolBytes ?? 0) - (few?.poolBytes ?? 0)).toBe(990 * 400);
  });

  it("is every directory of every checkpoint without shared ones, and every file in copies", () => {
    const [shared, hardlinks, copies] = (["shared", "hardlinks", "copies"] as const).map(
      (layout) => amountOf({ ...still, layout }, times(100)).inodes,
    );
    expect((hardlinks ?? 0) - (shared ?? 0)).toBeGreaterThan(100 * facts.directories);
    expect((copies ?? 0) - (hardlinks ?? 0)).toBeGreaterThanOrEqual(100 * (facts.files - facts.emptyFiles));
  });

  it("grows with the repository", () => {
    const growing = { ...still, layout: "copies", addedPerSecond: facts.files / (10 * day) } as const;
    expect(amountOf(growing, times(11)).inodes).toBeGreaterThan(
      amountOf({ ...still, layout: "copies" }, times(11)).inodes * 1.2,
    );
  });
});

function times(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * day);
}
