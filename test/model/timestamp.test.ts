import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  addSeconds,
  isoOf,
  looksLikeTimestamp,
  parseTimestamp,
  secondsOf,
  timestampFromSeconds,
} from "../../src/model/timestamp.ts";
import { time } from "./a-timeline.ts";

const firstSecond = -62_167_219_200;
const lastSecond = 253_402_300_799;
const seconds = fc.integer({ min: firstSecond, max: lastSecond });

describe("timestamp", () => {
  it.each(["20250318T140338Z", "20240229T235959Z", "20000229T000000Z", "00000101T000000Z", "99991231T235959Z"])(
    "reads %s",
    (text) => expect(parseTimestamp(text)).toBe(text),
  );

  it.each([
    ["month 0", "20250018T140338Z"],
    ["month 13", "20251318T140338Z"],
    ["day 0", "20250300T140338Z"],
    ["31 April", "20250431T000000Z"],
    ["29 February of a common year", "20250229T000000Z"],
    ["29 February 1900", "19000229T000000Z"],
    ["30 February of a leap year", "20240230T000000Z"],
    ["hour 24", "20250318T240000Z"],
    ["minute 60", "20250318T146000Z"],
    ["second 60, a leap second too", "20161231T235960Z"],
    ["lower case", "20250318t140338z"],
    ["no Z", "20250318T140338"],
    ["too few digits", "2025318T140338Z"],
    ["too many digits", "120250318T140338Z"],
    ["something behind it", "20250318T140338Z\n"],
    ["other digits", "２0250318T140338Z"],
    ["nothing", ""],
  ])("refuses %s", (_reason, text) => expect(parseTimestamp(text)).toBeUndefined());

  it("knows the shape of a timestamp that is no real second", () => {
    expect(looksLikeTimestamp("99999999T999999Z")).toBe(true);
    expect(looksLikeTimestamp("20250318T140338")).toBe(false);
  });

  it("goes from seconds to text and back, in the same order", () => {
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [x, y] = [timestampFromSeconds(a), timestampFromSeconds(b)];
        expect(secondsOf(x)).toBe(a);
        expect(parseTimestamp(x)).toBe(x);
        expect(x < y).toBe(a < b);
      }),
    );
  });

  it("cuts fractions of a second", () => {
    expect(timestampFromSeconds(0.999)).toBe("19700101T000000Z");
    expect(timestampFromSeconds(-0.001)).toBe("19691231T235959Z");
  });

  it.each([firstSecond - 1, lastSecond + 1, Number.NaN, Infinity, 1e18])("cannot write %d seconds", (value) => {
    expect(() => timestampFromSeconds(value)).toThrow(RangeError);
  });

  it("adds seconds across days and years", () => {
    expect(addSeconds(time("20231231T235959Z"), 1)).toBe("20240101T000000Z");
    expect(addSeconds(time("20240301T000000Z"), -1)).toBe("20240229T235959Z");
    expect(() => addSeconds(time("99991231T235959Z"), 1)).toThrow(RangeError);
  });

  it("is written for people and browsers as ISO 8601", () => {
    expect(isoOf(time("20250318T140338Z"))).toBe("2025-03-18T14:03:38Z");
  });
});
