import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { quoteNginx, quoteRegex } from "../../src/redirects/nginx/nginx-quote.ts";

describe("quoteNginx", () => {
  it("leaves plain text alone and escapes quotes and backslashes", () => {
    expect(quoteNginx("/srv/public dir/{a};#b")).toBe("/srv/public dir/{a};#b");
    expect(quoteNginx('a "b" \\c')).toBe('a \\"b\\" \\\\c');
  });

  it.each(["/srv/$host", "a\nroot /;", "a\0", "a\u0085"])("refuses what no string of nginx can hold: %j", (text) => {
    expect(() => quoteNginx(text)).toThrow(Failure);
  });
});

describe("quoteRegex", () => {
  it("makes a pattern that matches the text alone", () => {
    for (const text of ["/checkpoints/my.file/", "/~user/a-b_c.d/", "/a+b(c)[d]{e}|f$^*?\\/"]) {
      const pattern = new RegExp(`^${quoteRegex(text)}$`);
      expect(pattern.test(text)).toBe(true);
      expect(pattern.test(text.replace(".", "x").replace("+", "++"))).toBe(!/[.+]/.test(text));
    }
  });
});
