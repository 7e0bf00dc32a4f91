import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { seededRandom } from "../servers/random-history.ts";
import { damages } from "./damage-zoo.ts";
import { openDamageable } from "./damaged-mirror.ts";
import type { Mirror } from "./mirror.ts";

/** How many random damages are done in all; `npm run test:damage` asks for 1,000. */
const cases = Number(process.env["ASOF_DAMAGE_CASES"] ?? 0);
const kinds = Object.keys(damages);
const rounds = Math.max(1, Math.ceil(cases / kinds.length));

const report = z.object({ findings: z.array(z.object({ kind: z.string(), path: z.string() })) });

describe("asof verify", () => {
  let mirror: Mirror;
  let counted = 0;

  beforeAll(async () => {
    mirror = await openDamageable();
  });
  afterAll(() => mirror.remove());

  const check = async (): Promise<{ exit: number; paths: readonly string[] }> => {
    const { exit, out, err } = await mirror.run("verify", "--json");
    const parsed = report.safeParse(JSON.parse(out));
    if (!parsed.success) throw new Error(`exit ${exit}\n${out}${err}`);
    return { exit, paths: parsed.data.findings.map((finding) => finding.path) };
  };

  it("finds nothing in a whole mirror", async () => {
    expect(await check()).toEqual({ exit: 0, paths: [] });
  });

  it.each(kinds)("finds %s", { timeout: 600_000 }, async (kind) => {
    const random = seededRandom(kinds.indexOf(kind) + 1);
    for (let round = 0; round < rounds; round++) {
      let damage = damages[kind]?.(mirror, random);
      for (let tries = 0; damage === undefined && tries < 50; tries++) damage = damages[kind]?.(mirror, random);
      if (damage === undefined) throw new Error(`nothing can be damaged by ${kind}`);
      try {
        const { exit, paths } = await check();
        expect(exit, damage.what).toBe(3);
        expect(
          damage.paths.some((one) => paths.includes(one)),
          `${damage.what}: told were ${paths.join(" ")}`,
        ).toBe(true);
        counted += 1;
      } finally {
        damage.undo();
      }
    }
  });

  it("finds nothing when every damage was undone", async () => {
    expect(await check()).toEqual({ exit: 0, paths: [] });
    expect(counted).toBe(kinds.length * rounds);
  });
});
