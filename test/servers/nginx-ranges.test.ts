import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { timeline } from "../model/a-timeline.ts";
import { nginxAvailable, startNginx } from "./nginx.ts";
import { seededRandom } from "./random-history.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const sizes = [1, 9, 10, 11, 99, 100, 12_345];

/** nginx writes headers before it looks at the range: what these files say of ranges has to agree with what nginx finds out. */
describe.skipIf(!nginxAvailable())("ranges of files in a checkpoint", () => {
  let folder: RulesFolder;
  let nginx: RunningServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    const base = "checkpoints/myfile/20250318T140338Z";
    await folder.place(Object.fromEntries(sizes.map((size) => [`${base}/${size}`, "x".repeat(size)])));
    await folder.place({ [`${base}/0`]: "" });
    await folder.writeRules(rulesInput(folder.publicDir, timeline(["20250318T140338Z"])), "nginx");
    nginx = await startNginx(folder);
  });

  afterAll(async () => {
    await nginx.stop();
    await folder.remove();
  });

  /** Status, whether it may be kept for ever, and whether it is a memento. */
  async function answer(size: number, range: string): Promise<readonly [number, boolean, boolean]> {
    const { status, headers } = await nginx.request(`/checkpoints/myfile/20250318T140338Z/${size}`, {
      headers: { Range: range },
    });
    return [status, headers.get("cache-control")?.includes("immutable") ?? false, headers.has("memento-datetime")];
  }

  it("may be kept for ever exactly when they are there", async () => {
    const random = seededRandom(416);
    const draw = (size: number): number => Math.floor(random() * size * (random() < 0.5 ? 1.3 : 13));
    const seen = new Map<number, number>();
    for (const size of sizes) {
      const edges = [0, 1, size - 2, size - 1, size, size + 1].filter((edge) => edge >= 0);
      const ranges = [
        ...edges.flatMap((first) => [`bytes=${first}-`, ...edges.map((last) => `bytes=${first}-${last}`)]),
        ...edges.map((last) => `bytes=-${last}`),
        ...Array.from({ length: 40 }, () => `bytes=${draw(size)}-${draw(size)}`),
        ...Array.from({ length: 10 }, () => `bytes=${draw(size)}-`),
      ];
      for (const range of ranges) {
        const [status, forEver, isMemento] = await answer(size, range);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        expect([forEver, isMemento], `${range} of ${size}: ${status}`).toEqual(Array(2).fill(status === 206));
      }
    }
    expect(Math.min(seen.get(206) ?? 0, seen.get(416) ?? 0)).toBeGreaterThan(100);
  });

  it.each([
    ["items=0-1", 200],
    ["bytes=", 200],
    ["bytes=0-1,3-4", 206],
    ["bytes=0-1, -2", 206],
  ])("are a whole file or several parts, which may be kept for ever: %s", async (range, status) => {
    expect(await answer(100, range)).toEqual([status, true, true]);
  });

  it.each([
    "bytes=x",
    "bytes=1",
    "bytes=--1",
    "bytes=0-1,x",
    "bytes=200-,300-",
    "bytes=99999999999999999999-",
    "bytes=-",
  ])("are refused, and not for ever: %s", async (range) => {
    expect(await answer(100, range)).toEqual([416, false, false]);
  });

  it.each(["bytes=0-", "bytes=0-0", "bytes=-1"])("of an empty file are the file: %s", async (range) => {
    expect(await answer(0, range)).toEqual([200, true, true]);
  });
});
