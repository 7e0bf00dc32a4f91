import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { boundariesOf, dayLists, openAnswer } from "../../src/redirects/day-lists.ts";
import type { Boundary, DayList } from "../../src/redirects/day-lists.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
import { time, timeline } from "../model/a-timeline.ts";

describe("boundaries", () => {
  it("are the points and the second after the horizon", () => {
    const history = timeline(["-20240101T000000Z", "20240601T000000Z"], { horizon: "20241231T235959Z" });
    expect(boundariesOf(history)).toEqual([
      { at: "20240101T000000Z", kind: "gone" },
      { at: "20240601T000000Z", kind: "checkpoint" },
      { at: "20250101T000000Z", kind: "open" },
    ]);
  });

  it("begin with the year 0 where nothing is settled yet", () => {
    expect(boundariesOf(timeline([]))).toEqual([{ at: "00000101T000000Z", kind: "open" }]);
    expect(dayLists(timeline([]))).toEqual([
      { prefix: "", boundaries: [{ at: "00000101T000000Z", kind: "open" }], before: undefined },
    ]);
  });

  it("end with the horizon where no later second can be written", () => {
    const history = timeline(["20240601T000000Z"], { horizon: "99991231T235959Z" });
    expect(boundariesOf(history)).toEqual([{ at: "20240601T000000Z", kind: "checkpoint" }]);
  });

  it("leave the open interval to the newest point", () => {
    expect(openAnswer(timeline(["20240101T000000Z"]))).toEqual({ kind: "checkpoint", at: "20240101T000000Z" });
    expect(openAnswer(timeline(["20240101T000000Z", "-20240102T000000Z"]))).toEqual({
      kind: "gone",
      at: "20240102T000000Z",
    });
    expect(openAnswer(timeline([]))).toEqual({ kind: "none" });
  });
});

describe("day lists", () => {
  it("are one while there are few checkpoints", () => {
    const lists = dayLists(timeline(["20240101T000000Z", "20250318T140338Z"]));
    expect(lists.map(({ prefix, boundaries }) => [prefix, boundaries.map(({ at }) => at)])).toEqual([
      ["", ["20250318T140339Z", "20250318T140338Z", "20240101T000000Z"]],
    ]);
  });

  it("keep the last of each smaller unit where they are many", () => {
    const points = ["20240101T000000Z", "20240301T000000Z", "20240301T120000Z", "20240302T000000Z", "20250101T000000Z"];
    expect(dayLists(timeline(points), 2).map(spell)).toEqual([
      ["", ["20250101T000001Z"], undefined],
      ["20", ["20250101T000001Z", "20240302T000000Z"], undefined],
      ["2024", ["20240302T000000Z", "20240101T000000Z"], undefined],
      ["202403", ["20240302T000000Z", "20240301T120000Z"], "20240101T000000Z"],
      ["20240301", ["20240301T120000Z", "20240301T000000Z"], "20240101T000000Z"],
      ["2025", ["20250101T000001Z", "20250101T000000Z"], "20240302T000000Z"],
    ]);
  });

  it("find the boundary at or before any second", () => {
    const seconds = fc.oneof(
      fc.integer({ min: 1_700_000_000, max: 1_700_000_200 }),
      fc.integer({ min: 1_700_000_000, max: 1_700_100_000 }),
      fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(seconds, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        seconds,
        (checkpoints, longest, anywhere) => {
          const points = checkpoints.toSorted((a, b) => a - b).map((at) => timestampFromSeconds(at));
          const history = timeline(points);
          const lists = dayLists(history, longest);
          const boundaries = boundariesOf(history);
          for (const at of [timestampFromSeconds(anywhere), ...points, ...points.flatMap(nextSecond)]) {
            expect(lookUp(lists, at)).toEqual(boundaries.findLast((boundary) => boundary.at <= at));
          }
        },
      ),
    );
  });

  it("stay short and few, whatever the density", () => {
    const dense = randomHistory(seededRandom(1), { checkpoints: 20_000, stepSeconds: 4_000 });
    const lists = dayLists(dense);
    expect(Math.max(...lists.map(({ boundaries }) => boundaries.length))).toBeLessThanOrEqual(60);
    expect(lists.length).toBeLessThan(2_500);
    const burst = dayLists(
      timeline(Array.from({ length: 3_000 }, (_, index) => timestampFromSeconds(1_700_000_000 + index))),
    );
    expect(Math.max(...burst.map(({ boundaries }) => boundaries.length))).toBeLessThanOrEqual(60);
  });
});

/** What DAY-LISTS.md says, word for word. */
function lookUp(lists: readonly DayList[], at: Timestamp): Boundary | undefined {
  const digits = at.replace(/[TZ]/g, "");
  const list = lists.findLast(({ prefix }) => digits.startsWith(prefix));
  return list?.boundaries.find((boundary) => boundary.at <= at) ?? list?.before;
}

function spell({ prefix, boundaries, before }: DayList): readonly unknown[] {
  return [prefix, boundaries.map(({ at }) => at), before?.at];
}

function nextSecond(at: Timestamp): readonly Timestamp[] {
  return at === time("99991231T235959Z") ? [] : [addSeconds(at, 1)];
}
