import { runInNewContext } from "node:vm";

import { describe, expect, it } from "vitest";

import { shortenScript } from "../../src/redirects/hosts/edge-shorten.ts";

const script = `
/** What it does. */
const greeting = "hello  // no comment";
const settings = { greeting: greeting, other: { length: 3 } };

function handler(request, count) {
  // Names of properties stay, whatever variables are called.
  const other = settings.other.length;
  const digits = request.replace(/[/"'] *(\\d+)/g, (whole, number) => "<" + number + ">");
  let half = other / 2 / 3;
  try {
    if (count > 1) throw new Error("thrown");
  } catch (error) {
    half = error.message;
  }
  return count === 0 ? greeting : { digits: digits, half: half, other: other - -1 };
}
`;

describe("a shortened script", () => {
  const short = shortenScript(script, ["handler"]);
  const results = (code: string): unknown =>
    runInNewContext(`${code}; [handler("/ 12 x' 7", 1), handler("", 0), handler("", 2)]`);

  it("does the same", () => {
    expect(JSON.stringify(results(short))).toBe(JSON.stringify(results(script)));
  });

  it("has short names, no comments and a line for each statement at the top", () => {
    expect(short.split("\n")).toEqual([
      'const a="hello  // no comment";',
      "const b={greeting:a,other:{length:3}};",
      expect.stringMatching(/^function handler\(c,d\)\{const e=b\.other\.length;/),
      "",
    ]);
    expect(short).not.toContain("Names of properties");
  });

  it("is as it was when it is shortened again", () => {
    expect(shortenScript(short, ["handler"])).toBe(short);
  });
});
