import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { neighboursOf, newestCheckpoint, pointAtOrBefore } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { time, timeline } from "./a-timeline.ts";

const history = timeline(["20200101T000000Z", "-20210101T000000Z", "20220101T000000Z", "-20230101T000000Z"]);

describe("timeline", () => {
  it("finds the newest point at or before a second", () => {
    expect(pointAtOrBefore(history, time("20191231T235959Z"))).toBeUndefined();
    expect(pointAtOrBefore(history, time("20200101T000000Z"))?.at).toBe("20200101T000000Z");
    expect(pointAtOrBefore(history, time("20211231T235959Z"))).toEqual({ at: "20210101T000000Z", kind: "gone" });
    expect(pointAtOrBefore(history, time("99991231T235959Z"))?.at).toBe("20230101T000000Z");
    expect(pointAtOrBefore(timeline([]), time("20200101T000000Z"))).toBeUndefined();
  });

  it("agrees with a search through all points", () => {
    const seconds = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.uniqueArray(seconds), seconds, (points, at) => {
        const made = timeline(points.toSorted((a, b) => a - b).map((one) => timestampFromSeconds(one)));
        const asked = timestampFromSeconds(at);
        expect(pointAtOrBefore(made, asked)).toEqual(made.points.findLast((point) => point.at <= asked));
      }),
    );
  });

  it("knows its newest kept checkpoint", () => {
    expect(newestCheckpoint(history)).toBe("20220101T000000Z");
    expect(newestCheckpoint(timeline(["-20200101T000000Z"]))).toBeUndefined();
    expect(newestCheckpoint(timeline([]))).toBeUndefined();
  });

  it("knows the kept checkpoints on both sides of a second, not the one at that second", () => {
    expect(neighboursOf(history, time("20210601T000000Z"))).toEqual({
      older: "20200101T000000Z",
      newer: "20220101T000000Z",
    });
    expect(neighboursOf(history, time("20220101T000000Z"))).toEqual({ older: "20200101T000000Z", newer: undefined });
    expect(neighboursOf(history, time("20240101T000000Z"))).toEqual({ older: "20220101T000000Z", newer: undefined });
    expect(neighboursOf(history, time("20190101T000000Z"))).toEqual({ older: undefined, newer: "20200101T000000Z" });
  });
});
