import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { classicPadding } from "../../src/pages/classic-padding.ts";
import { encodeSegment, hrefOf } from "../../src/pages/encode-segment.ts";
import { escapeHtml } from "../../src/pages/escape-html.ts";
import { showTime } from "../../src/pages/format-date.ts";
import { formatSize } from "../../src/pages/format-size.ts";
import { time } from "./example-views.ts";

describe("escapeHtml", () => {
  test("escapes what ends a text or a quoted attribute, with Pulp's entities", () => {
    expect(escapeHtml(`<a href="x">it's &amp;</a>`)).toBe("&lt;a href=&#34;x&#34;&gt;it&#39;s &amp;amp;&lt;/a&gt;");
  });

  test("leaves other text alone", () => {
    expect(escapeHtml("naïve `$x` 😀")).toBe("naïve `$x` 😀");
  });
});

describe("encodeSegment", () => {
  test("encodes every byte but letters, digits and . _ ~ -", () => {
    for (let code = 0; code < 128; code++) {
      const character = String.fromCharCode(code);
      const hex = `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
      expect(encodeSegment(character)).toBe(/[A-Za-z0-9._~-]/.test(character) ? character : hex);
    }
    expect(encodeSegment("é😀")).toBe("%C3%A9%F0%9F%98%80");
  });

  test("can be decoded to the same text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeURIComponent(encodeSegment(text))).toBe(text);
      }),
    );
  });

  test("makes links that begin with ./ and end in / for directories", () => {
    expect(hrefOf("a:b c", "file")).toBe("./a%3Ab%20c");
    expect(hrefOf("-", "directory")).toBe("./-/");
  });
});

describe("formatSize", () => {
  // Each second value was printed by Jinja 3.1.6.
  test.each([
    [0, "0 Bytes"],
    [1, "1 Byte"],
    [2, "2 Bytes"],
    [999, "999 Bytes"],
    [1000, "1.0 kB"],
    [1050, "1.1 kB"],
    [1150, "1.1 kB"],
    [1250, "1.2 kB"],
    [1350, "1.4 kB"],
    [1750, "1.8 kB"],
    [1950, "1.9 kB"],
    [10_250, "10.2 kB"],
    [99_950, "100.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1000.0 kB"],
    [999_999, "1000.0 kB"],
    [1_000_000, "1.0 MB"],
    [2_250_000, "2.2 MB"],
    [999_950_000, "1000.0 MB"],
    [1_234_567_890, "1.2 GB"],
    [999_999_999_999, "1000.0 GB"],
    [1_250_000_000_000, "1.2 TB"],
    [1_000_000_000_000_000, "1.0 PB"],
    [Number.MAX_SAFE_INTEGER, "9.0 PB"],
  ])("writes %d bytes as %s", (sizeBytes, text) => {
    expect(formatSize(sizeBytes)).toBe(text);
  });
});

describe("showTime", () => {
  test("spells one second in every form", () => {
    const { stamp, iso, date, classic } = showTime(time("20250905T040709Z"));
    expect({ stamp, iso, date, classic }).toEqual({
      stamp: "20250905T040709Z",
      iso: "2025-09-05T04:07:09Z",
      date: "2025-09-05 04:07:09",
      classic: "05-Sep-2025 04:07",
    });
  });
});

describe("classicPadding", () => {
  test("fills up to 100 code points of the escaped name", () => {
    expect(classicPadding("a.iso")).toHaveLength(95);
    expect(classicPadding("😀")).toHaveLength(99);
    expect(classicPadding("&<")).toHaveLength(91);
    expect(classicPadding("x".repeat(99))).toHaveLength(1);
    expect(classicPadding("x".repeat(100))).toBe("");
    expect(classicPadding("x".repeat(255))).toBe("");
  });
});
