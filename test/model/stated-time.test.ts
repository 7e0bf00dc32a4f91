import { describe, expect, it } from "vitest";

import { statedTime } from "../../src/model/stated-time.ts";

describe("the time that a file states", () => {
  it.each([
    ["20240101T123000Z\n", "20240101T123000Z"],
    ["2024-01-01T12:30:00Z", "20240101T123000Z"],
    ["2024-01-01T12:30:00.987+02:00\r\nmore", "20240101T103000Z"],
    ["2024-01-01 12:30:00 -0330", "20240101T160000Z"],
    ["2024-01-01", "20240101T000000Z"],
    ["20240101", "20240101T000000Z"],
    ["1704112200\n", "20240101T123000Z"],
    ["1704112200.25", "20240101T123000Z"],
    ["@1704112200", "20240101T123000Z"],
    ["Date: Mon, 01 Jan 2024 12:30:00 UTC\n", "20240101T123000Z"],
    ["Mon, 1 Jan 2024 9:30:00 +0100", "20240101T083000Z"],
    ["Origin: x\nSuite: y\ndate: 1 Jan 2024 12:30 GMT\nSHA256:\n", "20240101T123000Z"],
    ["Origin: x\nDate: 2024-01-01T12:30:00Z\n", "20240101T123000Z"],
  ])("is read from %j", (text, time) => {
    expect(statedTime(text)).toBe(time);
  });

  it.each([
    "",
    "tomorrow",
    "2024-01-01T12:30:00",
    "2024-02-30",
    "2024-01-01T25:00:00Z",
    "Mon, 01 Foo 2024 12:30:00 UTC",
    "Mon, 01 Jan 2024 12:30:00 EST",
    "12345",
    "Date: soon\n2024-01-01",
    "x\n2024-01-01T12:30:00Z",
  ])("is none in %j", (text) => {
    expect(statedTime(text)).toBeUndefined();
  });
});
