import { describe, expect, it } from "vitest";

import { parseInstant } from "../../src/model/instant.ts";

describe("an instant as people write it", () => {
  it.each([
    ["20250318T140338Z", "20250318T140338Z"],
    ["20250318", "20250318T000000Z"],
    ["2025-03-18", "20250318T000000Z"],
    ["2025-03-18T14:03:38Z", "20250318T140338Z"],
    ["@1742306618", "20250318T140338Z"],
    ["@0", "19700101T000000Z"],
    ["latest", "latest"],
  ])("%s is %s", (text, expected) => expect(parseInstant(text)).toBe(expected));

  it.each([
    "",
    "yesterday",
    "Latest",
    "2025-02-29",
    "20250229",
    "2025-3-18",
    "2025-03-18T14:03:38",
    "2025-03-18T14:03:38+01:00",
    "2025-03-18T24:00:00Z",
    "2025-03-18 14:03:38Z",
    "@",
    "@-1",
    "@1.5",
    "@999999999999",
    "@1742306618000000",
    " 20250318",
  ])("refuses %j", (text) => expect(parseInstant(text)).toBeUndefined());
});
