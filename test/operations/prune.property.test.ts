import { describe, expect, it } from "vitest";

import { seededRandom } from "../servers/random-history.ts";
import type { Random } from "../servers/random-history.ts";
import { expectExactlyReachable } from "./exactly-reachable.ts";
import { aMirror, beginning, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** Real stores, of which each test has a folder of its own: `ASOF_STORES` says how many, 200 for a proof. */
const stores = Number(process.env["ASOF_STORES"] ?? 4);

describe(`${stores} random stores, each pruned by random rules again and again`, () => {
  it.each(Array.from({ length: stores }, (_, index) => index + 1))(
    "number %i loses what its rules say, and no content that anything needs; and keeps nothing else",
    async (seed) => {
      const random = seededRandom(seed * 7919);
      const mirror = aMirror({ remote: { mode: "mirror" }, top: topOf(random) });
      const top = topOf(seededRandom(seed * 7919));
      let seconds = 0;
      for (let round = 0; round < 2; round++) {
        for (let made = 0; made < 3; made++) {
          seconds += gapOf(random);
          mirror.at(seconds);
          mirror.offer(contentOf(random));
          await mirror.ok("update", "--always");
          if (random() < 0.2) await mirror.ok("label", "repo", "latest", `v${round}.${made}`);
        }
        if (random() < 0.2) await mirror.ok("withdraw", "repo", "latest", "--reason", "taken back");
        mirror.configure({ remote: { mode: "mirror" }, repository: { retain: policyOf(random) }, top });
        await expectPruned(mirror);
      }
    },
    300_000,
  );
});

/** A dry run tells what the real one does; a second one has nothing to do; and after the grace time just what is needed is there. */
async function expectPruned(mirror: Mirror): Promise<void> {
  const dry = await mirror.ok("prune", "--dry-run");
  const goes = [...dry.out.matchAll(/^repo (\S+) remove/gm)].map(([, at]) => at);
  const stays = [...dry.out.matchAll(/^repo (\S+) keep/gm)].map(([, at]) => at);
  const before = mirror.events().length;
  expect((await mirror.ok("prune")).out).toBe(dry.out);
  expect(mirror.events().slice(before)).toMatchObject(
    goes.map((checkpoint) => ({ type: "tombstone", checkpoint, reason: expect.stringMatching(/^retention: /) })),
  );
  const again = await mirror.ok("prune", "--json");
  expect(again.out).not.toContain('"keep":false');
  expect(mirror.events()).toHaveLength(before + goes.length);
  mirror.at(mirror.clock() - beginning + 3601);
  await mirror.ok("prune");
  expect(mirror.checkpoints().map(String)).toEqual(stays);
  expectExactlyReachable(mirror);
}

function topOf(random: Random): object {
  const layout = ["shared", "shared", "hardlinks", "copies"][Math.floor(random() * 4)];
  return { layout, grace: "1h", grace_plain: "1h", servers: ["nginx"] };
}

function gapOf(random: Random): number {
  const unit = [60, 3600, day, 20 * day][Math.floor(random() * 4)] ?? 60;
  return 1 + Math.floor(random() * 2 * unit);
}

/** Few names and few texts: directories, files and whole states come back again and again. */
function contentOf(random: Random): Readonly<Record<string, string>> {
  const files: Record<string, string> = { always: "the same" };
  for (const folder of ["a", "a/b", "c"]) {
    for (const name of ["x", "y"]) {
      if (random() < 0.6) files[`${folder}/${name}`] = `text ${Math.floor(random() * 4)}`;
    }
  }
  return files;
}

function policyOf(random: Random): object {
  const rules: Record<string, unknown> = {};
  for (const name of ["checkpoints", "last", "hourly", "daily", "weekly", "monthly", "yearly"]) {
    if (random() < 0.25) rules[name] = 1 + Math.floor(random() * 4);
  }
  if (random() < 0.2) rules["within"] = `${1 + Math.floor(random() * 50)}d`;
  if (random() < 0.2) rules["labels"] = [`v0.${Math.floor(random() * 3)}`, "v1.1"];
  return rules;
}
