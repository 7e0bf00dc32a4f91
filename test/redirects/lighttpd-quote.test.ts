import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { lighttpdRegex, quoteLighttpd } from "../../src/redirects/lighttpd/lighttpd-quote.ts";

describe("quoteLighttpd", () => {
  it("leaves plain text alone and escapes quotes", () => {
    expect(quoteLighttpd("/srv/rules dir/{a};#b $c %1 é")).toBe("/srv/rules dir/{a};#b $c %1 é");
    expect(quoteLighttpd('a "b" c')).toBe('a \\"b\\" c');
  });

  it.each(["a\\b", 'a\\"b', "a\nb", "a\0", "a\u0085"])("refuses what no string of lighttpd can hold: %j", (text) => {
    expect(() => quoteLighttpd(text)).toThrow(Failure);
  });
});

describe("lighttpdRegex", () => {
  it("makes a pattern that matches the text alone, and that quoteLighttpd leaves alone", () => {
    for (const text of ["/checkpoints/my.file/", "/~user/a-b_c.d/"]) {
      const pattern = lighttpdRegex(text);
      expect(new RegExp(`^${pattern}$`).test(text)).toBe(true);
      expect(new RegExp(`^${pattern}$`).test(text.replace(".", "x"))).toBe(false);
      expect(quoteLighttpd(pattern)).toBe(pattern);
    }
  });
});
