import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";

import { openMirror, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** Few: each makes a mirror twice. */
const runs = 3;

it("a shelf that is imported in any order is served as one that was imported at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 28 }), files }), {
        selector: ({ day }) => day,
        minLength: 2,
        maxLength: 6,
      }),
      fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }),
      async (shelf, rounds) => {
        const [atOnce, inRounds] = [aShelf(shelf, () => 0), aShelf(shelf, (index) => rounds[index] ?? 0)];
        try {
          for (const mirror of [atOnce, inRounds]) {
            for (const round of readdirSync(mirror.file("shelves")))
              await mirror.ok("import", "repo", `shelves/${round}`, "--backfill");
            await mirror.ok("verify");
          }
          expect(answersOf(inRounds)).toEqual(answersOf(atOnce));
        } finally {
          atOnce.remove();
          inRounds.remove();
        }
      },
    ),
    { numRuns: runs },
  );
}, 300_000);

const counted = { added: z.number(), removed: z.number(), changed: z.number() };

const listed = z.object({
  checkpoints: z.array(z.object({ time: z.string(), files: z.number(), bytes: z.number(), ...counted })),
});

const changes = z.object({
  from: z.string().nullable(),
  to: z.string(),
  ...counted,
});

/** Names and contents; a file and a directory never have one name. */
const files = fc.dictionary(fc.constantFrom("a", "b", "dir/c", "dir/d", "e/f/g"), fc.constantFrom("1", "2"));

function aShelf(
  shelf: readonly { readonly day: number; readonly files: Readonly<Record<string, string>> }[],
  roundOf: (index: number) => number,
): Mirror {
  const mirror = openMirror({ repository: { settled: false }, distributions: plainAndCheckpoints });
  for (const [index, { day, files: held }] of shelf.entries()) {
    const directory = `shelves/${roundOf(index)}/2024-01-${String(day).padStart(2, "0")}`;
    mirror.write(`${directory}/always`, "there");
    for (const [file, content] of Object.entries(held)) mirror.write(`${directory}/${file}`, content);
  }
  return mirror;
}

/** What visitors get, but for the seconds at which files came. */
function answersOf(mirror: Mirror): object {
  const base = mirror.file("public/snapshots/repo");
  return {
    rows: listed.parse(mirror.json("snapshots/repo/checkpoints/2024.json")).checkpoints,
    timeMap: readFileSync(path.join(base, "timemap"), "utf8"),
    plain: readFileSync(mirror.file("public/plain/PULP_MANIFEST"), "utf8"),
    checkpoints: mirror
      .checkpoints()
      .map((at) => [
        at,
        readFileSync(path.join(base, at, "PULP_MANIFEST"), "utf8"),
        changes.parse(mirror.json(`snapshots/repo/_asof/${at}/changes.json`)),
      ]),
  };
}
