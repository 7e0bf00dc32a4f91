import { describe, expect, it } from "vitest";

import { basePathProblem, basePathsOverlap } from "../../src/model/base-path.ts";

describe("a base path", () => {
  it.each(["myfile", "checkpoints/my-file_1.0~x", "a/b/c", "index", "x/CNAME", "x/_headers", "cnames"])(
    "may be %s",
    (text) => {
      expect(basePathProblem(text)).toBeUndefined();
    },
  );

  it.each([
    "",
    "/a",
    "a/",
    "a//b",
    "a/./b",
    "../a",
    "a b",
    "a%20b",
    "ü",
    'a"b',
    "a$b",
    "a;b",
    "20250130T203000Z",
    "a/20250130T203000Z",
    "_asof/x",
    "site.json",
    "index.html",
    "x/index.html",
    "x/INDEX.HTML/y",
    "404.html",
    "_headers",
    "_redirects/x",
    "_worker.js",
    "_routes.json",
    ".nojekyll",
    ".htaccess",
    "CNAME",
    "cname/x",
    ".well-known/packages",
  ])("may not be %j", (text) => {
    expect(basePathProblem(text)).toBeDefined();
  });

  it("overlaps with what is equal to it, above it or below it, in any case of letters, and with nothing else", () => {
    expect(basePathsOverlap("a/b", "a/b")).toBe(true);
    expect(basePathsOverlap("a", "A/b")).toBe(true);
    expect(basePathsOverlap("a/b/c", "a/b")).toBe(true);
    expect(basePathsOverlap("a/b", "a/bc")).toBe(false);
  });
});
