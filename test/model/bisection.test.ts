import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { nextStep } from "../../src/model/bisection.ts";
import type { BisectionStep, Tested, Verdict } from "../../src/model/bisection.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

const times = (count: number): readonly Timestamp[] =>
  Array.from({ length: count }, (_, index) => timestampFromSeconds(1_742_306_618 + index * 60));

/** Asks until there is an end, and answers as `verdictOf` does for an index. */
function search(
  candidates: readonly Timestamp[],
  verdictOf: (index: number) => Verdict,
): { readonly end: Exclude<BisectionStep, { kind: "test" }>; readonly tested: readonly Tested[] } {
  const tested: Tested[] = [];
  for (;;) {
    const step = nextStep(candidates, tested);
    if (step.kind !== "test") return { end: step, tested };
    const index = candidates.indexOf(step.checkpoint);
    if (tested.length > candidates.length) throw new Error("the search does not end");
    tested.push({ checkpoint: step.checkpoint, verdict: verdictOf(index) });
  }
}

const planted = fc.integer({ min: 1, max: 3000 }).chain((count) =>
  fc.record({
    candidates: fc.constant(times(count)),
    culprit: fc.integer({ min: 0, max: count - 1 }),
  }),
);

describe("the search for the first bad checkpoint", () => {
  it("finds any culprit, in as many tests as its logarithm, rounded up", () => {
    fc.assert(
      fc.property(planted, ({ candidates, culprit }) => {
        const { end, tested } = search(candidates, (index) => (index < culprit ? "good" : "bad"));
        expect(end).toEqual({ kind: "found", culprit: candidates[culprit] });
        expect(tested.length).toBeLessThanOrEqual(Math.ceil(Math.log2(candidates.length)));
      }),
    );
  });

  it("announces no fewer tests than are needed, and counts those that can be tested", () => {
    fc.assert(
      fc.property(planted, ({ candidates, culprit }) => {
        const { tested } = search(candidates, (index) => (index < culprit ? "good" : "bad"));
        tested.forEach((_, done) => {
          const step = nextStep(candidates, tested.slice(0, done));
          expect(step.kind === "test" ? step.runs : 0).toBeGreaterThanOrEqual(tested.length - done);
        });
        const step = nextStep(candidates, []);
        expect(step.kind === "test" ? step.left : 0).toBe(candidates.length - 1);
      }),
    );
  });

  it("tests nothing twice, never the last, and names with skips exactly those that may be it", () => {
    const skipping = planted.chain(({ candidates, culprit }) =>
      fc.record({
        candidates: fc.constant(candidates),
        culprit: fc.constant(culprit),
        broken: fc.uniqueArray(fc.integer({ min: 0, max: candidates.length - 1 }), { maxLength: 200 }),
      }),
    );
    fc.assert(
      fc.property(skipping, ({ candidates, culprit, broken }) => {
        const skipped = new Set(broken);
        const { end, tested } = search(candidates, (index) =>
          skipped.has(index) ? "skip" : index < culprit ? "good" : "bad",
        );
        expect(new Set(tested.map(({ checkpoint }) => checkpoint)).size).toBe(tested.length);
        expect(tested.map(({ checkpoint }) => checkpoint)).not.toContain(candidates.at(-1));
        const suspects = end.kind === "found" ? [end.culprit] : end.suspects;
        expect(suspects).toContain(candidates[culprit]);
        const first = candidates.findIndex((one) => one === suspects[0]);
        suspects.forEach((suspect, index) => expect(candidates.indexOf(suspect)).toBe(first + index));
        // All but the last could not be tested, and what is before them is good.
        for (const suspect of suspects.slice(0, -1)) expect(skipped.has(candidates.indexOf(suspect))).toBe(true);
        const before = candidates.slice(0, first).at(-1);
        const isGood = ({ checkpoint, verdict }: Tested): boolean => checkpoint === before && verdict === "good";
        expect(before === undefined || tested.some(isGood)).toBe(true);
      }),
    );
  });

  it("leaves a stretch that cannot be tested quickly", () => {
    const candidates = times(1000);
    const { end, tested } = search(candidates, (index) =>
      index > 400 && index < 600 ? "skip" : index < 800 ? "good" : "bad",
    );
    expect(end).toEqual({ kind: "found", culprit: candidates[800] });
    expect(tested.filter(({ verdict }) => verdict === "skip").length).toBeLessThan(3);
  });

  it("needs no test where there is one candidate, and takes no notice of answers about others", () => {
    const [only, other] = times(2);
    if (only === undefined || other === undefined) throw new Error("there are two");
    expect(nextStep([only], [{ checkpoint: other, verdict: "bad" }])).toEqual({ kind: "found", culprit: only });
    expect(() => nextStep([], [])).toThrow("nothing to search");
  });

  it("goes on in the middle of what earlier answers left", () => {
    const candidates = times(9);
    const [, , third, , , , seventh] = candidates;
    if (third === undefined || seventh === undefined) throw new Error("there are nine");
    const tested: Tested[] = [
      { checkpoint: third, verdict: "good" },
      { checkpoint: seventh, verdict: "bad" },
    ];
    expect(nextStep(candidates, tested)).toEqual({ kind: "test", checkpoint: candidates[4], left: 3, runs: 2 });
  });
});
