import { rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { seededRandom } from "../servers/random-history.ts";
import { damages } from "./damage-zoo.ts";
import { openDamageable } from "./damaged-mirror.ts";
import { said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { treeOf } from "./tree-of.ts";
import type { TreeText } from "./tree-of.ts";

/** A history is never rewritten, and what asof did not make is never taken away from the pool. */
const beyondRepair = ["a flipped bit of a log", "a foreign file in the pool"];
const kinds = Object.keys(damages).filter((kind) => !beyondRepair.includes(kind));
const isOfState = (kind: string): boolean => /object|record/.test(kind);
/** `npm run test:damage` also repairs each kind of damage by itself. */
const isFull = process.env["ASOF_DAMAGE_CASES"] !== undefined;

describe.each(["shared", "hardlinks", "copies"] as const)("asof verify --repair, layout: %s", (layout) => {
  let mirror: Mirror;
  let whole: Readonly<Record<string, TreeText>>;
  const everything = (): Readonly<Record<string, TreeText>> => ({
    site: mirror.site(),
    rules: treeOf(mirror.file("rules")),
    objects: treeOf(mirror.file("state/objects")),
    records: treeOf(mirror.file("state/trees")),
    logs: treeOf(mirror.file("state/repositories")),
  });

  beforeAll(async () => {
    mirror = await openDamageable({ top: { layout } });
    whole = everything();
  });
  afterAll(() => mirror.remove());

  // One after the other: a record that is damaged together with all that tells of it cannot be mended.
  it.each([
    ["the state", kinds.filter(isOfState), 7],
    ["the site", kinds.filter((kind) => !isOfState(kind)), 8],
  ] as const)("mends every kind of damage to %s at once, and everything is as it was", async (_, some, least) => {
    const random = seededRandom(7);
    const done = some.flatMap((kind) => damage(kind, random));
    expect(done.length).toBeGreaterThanOrEqual(least);
    await expectMended(done);
  });

  it.each(isFull ? kinds : [])("mends %s", { timeout: 600_000 }, async (kind) => {
    const done = damage(kind, seededRandom(kinds.indexOf(kind) + 100));
    // Another layout may have nothing of that kind.
    expect(done.length).toBeGreaterThanOrEqual(layout === "shared" ? 1 : 0);
    if (done.length > 0) await expectMended(done);
  });

  async function expectMended(done: readonly string[]): Promise<void> {
    const run = await mirror.run("verify", "--repair");
    const what = `${done.join("\n")}\n${said(run)}`;
    expect(run.exit, what).toBe(0);
    expect(run.out, what).toMatch(/ 0 left\n$/);
    expect(everything(), what).toEqual(whole);
    const after = await mirror.run("verify");
    expect(after.exit, said(after)).toBe(0);
    rmSync(mirror.file("aside"), { recursive: true, force: true });
  }

  /** What was done; nothing where this layout, or what is damaged already, has nothing of that kind. */
  function damage(kind: string, random: () => number): readonly string[] {
    for (let tries = 0; tries < 50; tries++) {
      try {
        const done = damages[kind]?.(mirror, random);
        if (done !== undefined) return [`${kind}: ${done.what}`];
      } catch (error) {
        if (!/nothing to choose|ENOENT|EISDIR|ENOTDIR|EEXIST|no link/.test(String(error))) throw error;
      }
    }
    return [];
  }
});
