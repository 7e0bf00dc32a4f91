import { describe, expect, it } from "vitest";

import { historyAmount } from "../../src/model/history-growth.ts";
import { cutShard } from "../../src/model/history-shards.ts";

describe("what files that say since when need, as it is foretold", () => {
  it.each([
    [100, 1],
    [5000, 1],
    [5000, 12],
    [40_000, 2],
  ])("is what %i paths with %i events each come to, to a half", (paths, events) => {
    const event = JSON.stringify(["20250318T140338Z", "changed", 19_341, "0123456789abcdef"]);
    const text = Array.from({ length: events }, () => event).join(",");
    const texts = new Map(
      Array.from({ length: paths }, (_, index) => [`pool/${index % 26}/pkg-${index % 977}/file-${index}_1.deb`, text]),
    );
    const shards = cutShard("", texts);
    const pathBytes = [...texts.keys()].reduce((sum, path) => sum + path.length, 0) / paths;
    const { inodes, diskBytes } = historyAmount({ paths, pathBytes, events: paths * events }, 4096);
    const blocks = shards.reduce((sum, { weight }) => sum + Math.ceil((weight + 60) / 4096) * 4096, 0);
    expect(inodes / (shards.length + 2)).toBeGreaterThan(0.5);
    expect(inodes / (shards.length + 2)).toBeLessThan(2);
    expect(diskBytes / (blocks + 2 * 4096)).toBeGreaterThan(0.5);
    expect(diskBytes / (blocks + 2 * 4096)).toBeLessThan(2);
  });
});
