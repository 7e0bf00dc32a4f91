import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import fc from "fast-check";
import fastGlob from "fast-glob";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { selectPaths } from "../../src/model/path-selection.ts";

const paths = ["a", "ab", "b.c", ".d", "x/a", "x/b.c", "x/.d/e", "x/y/a", "x/y/ab", "y/x/b.c", "y/x/y/a", "y-x/a"];

const means = (...patterns: readonly string[]): readonly string[] => {
  const selection = selectPaths(patterns);
  return paths.filter((one) => selection.has(one));
};

describe("a selection of paths", () => {
  it.each([
    [["**"], paths],
    [["*"], ["a", "ab", "b.c", ".d"]],
    [["a"], ["a"]],
    [["x"], ["x/a", "x/b.c", "x/.d/e", "x/y/a", "x/y/ab"]],
    [["./x/y/"], ["x/y/a", "x/y/ab"]],
    [["x/*"], ["x/a", "x/b.c"]],
    [["**/a"], ["a", "x/a", "x/y/a", "y/x/y/a", "y-x/a"]],
    [["x/**/a?"], ["x/y/ab"]],
    [["**/*.c"], ["b.c", "x/b.c", "y/x/b.c"]],
    [["[xy]/[!y]"], ["x/a"]],
    [["{x,y/x}/b.c"], ["x/b.c", "y/x/b.c"]],
    [["y[-z]x/a"], ["y-x/a"]],
    [["b\\.c"], ["b.c"]],
    [
      ["ab", "y-x"],
      ["ab", "y-x/a"],
    ],
    [["nothing"], []],
    [["{a}"], []],
    [["[a"], []],
  ])("%j means what it would under include", (patterns, meant) => {
    expect(means(...patterns)).toEqual(meant);
  });

  it("takes characters that are none of a pattern as they are", () => {
    const names = ["a+b(c).deb", "a{b", "a[b", "a$^|b", "ä", "😀", "a]b"];
    for (const name of names) expect(selectPaths([name]).has(name), name).toBe(true);
    expect(selectPaths(["a\\*"]).has("a*")).toBe(true);
    expect(selectPaths(["a\\*"]).has("ab")).toBe(false);
    expect(selectPaths(["?"]).has("😀")).toBe(true);
    expect(selectPaths(["a[]]b"]).has("a]b")).toBe(true);
  });

  it.each([
    ["", "names nothing"],
    [".", "names nothing"],
    ["/", "names nothing"],
    ["/x", "is absolute"],
    ["!x", 'begins with "!"'],
    ["x/../y", "segment"],
    ["x//y", "segment"],
    ["[z-a]", "has a range that is none"],
    ["{a,b}".repeat(12), "more than 1000"],
  ])("%j is refused", (pattern, why) => {
    expect(() => selectPaths([pattern])).toThrow(why);
  });

  it("reaches every directory that holds something meant, and says no of others", () => {
    const { reaches } = selectPaths(["x/y/*.deb", "z/**/a", "plain"]);
    expect(["", "x", "x/y", "z", "z/1/2/3", "plain", "plain/deeper"].filter((one) => !reaches(one))).toEqual([]);
    expect(["y", "x/z", "x/y/z", "a"].filter((one) => reaches(one))).toEqual([]);
  });

  it("is quick with many stars", () => {
    const selection = selectPaths([`${"**/".repeat(30)}*`, "*a".repeat(2)]);
    expect(selection.has("x/".repeat(200))).toBe(true);
  });
});

describe("beside fast-glob, which reads include", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "asof-paths-"));
    for (const name of paths) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), "");
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("a pattern with wildcards means the same", async () => {
    const segment = fc.constantFrom(
      "**",
      "*",
      "?",
      "a",
      "x",
      "y",
      "*.c",
      "a*",
      "[ab]*",
      "[!x]",
      ".d",
      "{a,ab}",
      "{x,y}",
    );
    const wild = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((segments) => segments.join("/"))
      // Whether `x/**` means a file x, too, it answers one way and the other.
      .filter((pattern) => /[*?[]/.test(pattern) && !pattern.endsWith("/**"));
    await fc.assert(
      fc.asyncProperty(wild, async (pattern) => {
        // It looks for a directory whose name is "?" behind plain segments (sources/directory-glob.ts).
        const found = await fastGlob.async([pattern.replaceAll("?", "[!~]")], {
          cwd: folder,
          dot: true,
          suppressErrors: true,
        });
        expect(means(pattern)).toEqual(paths.filter((one) => found.includes(one)));
        const { reaches } = selectPaths([pattern]);
        for (const one of found) expect(reaches(path.posix.dirname(one).replace(/^\.$/, ""))).toBe(true);
      }),
    );
  });
});
