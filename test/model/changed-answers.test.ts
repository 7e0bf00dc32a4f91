import fc from "fast-check";
import { expect, it } from "vitest";

import { changedAnswers } from "../../src/model/changed-answers.ts";
import { pointAtOrBefore } from "../../src/model/timeline.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";

it("tells of each second whose answer changes, and of no other", () => {
  fc.assert(
    fc.property(points(), points(), (a, b) => {
      const [before, after] = [timeline(a), timeline(b)];
      const changes = changedAnswers(before, after);
      for (let second = 0; second < 45; second++) {
        const at = timestampFromSeconds(second);
        const told = changes.filter(({ from, until }) => from <= at && (until === undefined || at <= until));
        const [was, becomes] = [pointAtOrBefore(before, at), pointAtOrBefore(after, at)];
        const isSame = was?.at === becomes?.at && was?.kind === becomes?.kind;
        expect(told.map((one) => [one.was, one.becomes])).toEqual(isSame ? [] : [[was, becomes]]);
      }
    }),
  );
});

function points() {
  return fc.uniqueArray(fc.record({ at: fc.nat(40), gone: fc.boolean() }), { selector: ({ at }) => at, maxLength: 8 });
}

function timeline(made: readonly { readonly at: number; readonly gone: boolean }[]): Timeline {
  return {
    points: made
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, gone }) => ({ at: timestampFromSeconds(at), kind: gone ? "gone" : "checkpoint" })),
    horizon: undefined,
    settled: false,
  };
}
