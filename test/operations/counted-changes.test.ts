import { describe, expect, it } from "vitest";
import { z } from "zod";

import { after, aMirror, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const counts = z.object({ time: z.string(), added: z.number(), removed: z.number(), changed: z.number() });

describe("how much a checkpoint changed", () => {
  it("is counted against the one that is before it, also where one between them was pruned", async () => {
    const mirror = await threeStates();
    await mirror.ok("label", "repo", after(0), "first");
    mirror.configure({ distributions: plainAndCheckpoints, repository: { retain: { last: 1, labels: ["first"] } } });
    await mirror.ok("prune");
    expect(countsOf(mirror)).toEqual([
      { time: after(0), added: 1, removed: 0, changed: 0 },
      { time: after(120), added: 2, removed: 0, changed: 1 },
    ]);
    await expectSameEverywhere(mirror, "+2 ~1");
  });

  it("and where it was withdrawn", async () => {
    const mirror = await threeStates();
    await mirror.ok("withdraw", "repo", after(60), "--reason", "broken");
    expect(countsOf(mirror).at(-1)).toEqual({ time: after(120), added: 2, removed: 0, changed: 1 });
    await expectSameEverywhere(mirror, "+2 ~1");
  });

  it("stays what it was for the oldest one that is kept: nothing is before it", async () => {
    const mirror = await threeStates();
    mirror.configure({ distributions: plainAndCheckpoints, repository: { retain: { last: 1 } } });
    await mirror.ok("prune");
    expect(countsOf(mirror)).toEqual([{ time: after(120), added: 1, removed: 0, changed: 1 }]);
    expect((await mirror.ok("verify")).exit).toBe(0);
  });
});

async function threeStates(): Promise<Mirror> {
  const mirror = aMirror({ distributions: plainAndCheckpoints });
  for (const [index, files] of [{ a: "1" }, { a: "2", b: "1" }, { a: "3", b: "1", c: "1" }].entries()) {
    mirror.at(60 * index);
    mirror.offer(files);
    await mirror.ok("update");
  }
  return mirror;
}

function countsOf(mirror: Mirror): readonly z.infer<typeof counts>[] {
  return z.object({ checkpoints: z.array(counts) }).parse(mirror.json("snapshots/repo/checkpoints.json")).checkpoints;
}

async function expectSameEverywhere(mirror: Mirror, shown: string): Promise<void> {
  expect(mirror.page(`snapshots/repo/${after(120)}/index.html`)).toContain(`>${shown}<`);
  expect(mirror.page("snapshots/repo/index.html")).toContain(`>${shown}<`);
  expect(mirror.json(`snapshots/repo/_asof/${after(120)}/changes.json`)).toMatchObject({ added: 2, changed: 1 });
  expect((await mirror.ok("verify")).exit).toBe(0);
}
