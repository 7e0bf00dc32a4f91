import vm from "node:vm";

import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";

import { changeJson } from "../../src/pages/changes-json.ts";
import type { Change } from "../../src/model/difference.ts";
import { added, digestOf } from "./change-views.ts";
import { pageScriptContext } from "./page-script-context.ts";

const sides = z.object({
  was: z.object({ sha256: z.string() }).optional(),
  is: z.object({ sha256: z.string() }).optional(),
});

/** Which content is under each path. */
type Version = Readonly<Record<string, string>>;

const version: fc.Arbitrary<Version> = fc.dictionary(
  fc.constantFrom("a", "b", "d/a", "d/b"),
  fc.constantFrom("1", "2", "3"),
);

test("changes from one checkpoint to the next make up the difference of the first and the last", () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 2, maxLength: 7 }), (versions) => {
      const steps = versions.slice(1).map((after, index) => difference(versions[index] ?? {}, after));
      const [first = {}, last = {}] = [versions[0], versions.at(-1)];
      const wanted = difference(first, last).map(({ path, was, kind, digest }) => ({
        path,
        was: kind === "removed" ? digest : was?.digest,
        is: kind === "removed" ? undefined : digest,
      }));
      expect(composed(steps)).toEqual(wanted.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
    }),
  );
});

test("what came and went, and what changed and changed back, is no change", () => {
  const steps = [
    difference({ kept: "1" }, { kept: "2", passing: "1" }),
    difference({ kept: "2", passing: "1" }, { kept: "1" }),
  ];
  expect(composed(steps)).toEqual([]);
});

/** What the script of the pages makes of lists of changes, the newest first, as it reads them. */
function composed(steps: readonly (readonly Change[])[]): readonly object[] {
  const lists = JSON.stringify(steps.toReversed().map((step) => step.map(changeJson)));
  const context = pageScriptContext();
  const told: unknown = vm.runInContext(
    `{ const changes = new Map(); for (const list of ${lists}) composeChanges(list, changes); JSON.stringify([...changes]); }`,
    context,
  );
  const changes = z.array(z.tuple([z.string(), sides])).parse(JSON.parse(String(told)));
  return changes
    .map(([path, { was, is }]) => ({ path, was: was?.sha256, is: is?.sha256 }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function difference(before: Version, after: Version): readonly Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((path): readonly Change[] => {
    const [a, b] = [before[path], after[path]];
    if (a === b) return [];
    if (a === undefined) return [added(path, { digest: digestOf(b ?? "") })];
    if (b === undefined) return [{ ...added(path, { digest: digestOf(a) }), kind: "removed" }];
    return [{ ...added(path, { digest: digestOf(b) }), kind: "changed", was: { digest: digestOf(a), sizeBytes: 1 } }];
  });
}
