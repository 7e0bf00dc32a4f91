import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { hasControlOrSpace, normalizeRawPath } from "../../src/model/raw-path.ts";

describe("the path that a server means", () => {
  it.each([
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/", "/a/"],
    ["//a///b//", "/a/b/"],
    ["/./a/./b/.", "/a/b/"],
    ["/a/../b", "/b"],
    ["/a/b/..", "/a/"],
    ["/a/b/../", "/a/"],
    ["/a/..", "/"],
    ["/...", "/..."],
    ["/.a/..b/c..", "/.a/..b/c.."],
    ["/%61%2Fb", "/a/b"],
    ["/a/%2e%2E/b", "/b"],
    ["/a%2f..%2Fb", "/b"],
    ["/%2561", "/%61"],
    ["/a%3Fb%23c", "/a?b#c"],
    ["/a#b/c", "/a"],
    ["/a/#../..", "/a/"],
    ["/a+b%2B", "/a+b+"],
    ["/%C3%A9", "/\u00c3\u00a9"],
    ["/\u00c3\u00a9", "/\u00c3\u00a9"],
    ["/a%0d%0ab", "/a\r\nb"],
    ["/a\\..\\b", "/a\\..\\b"],
  ])("of %s is %j", (raw, path) => expect(normalizeRawPath(raw)).toBe(path));

  it.each([
    "",
    "a",
    "http://host/a",
    "/..",
    "/a/../..",
    "/../a",
    "/%2e%2e/a",
    "/%",
    "/%4",
    "/%zz",
    "/%00",
    "/a b",
    "/a\tb",
    "/a\nb",
    "/a\u007f",
    "/a\0",
  ])("of %j is none: it is answered 400", (raw) => expect(normalizeRawPath(raw)).toBeUndefined());

  it("begins with a slash and holds no segment that leads elsewhere", () => {
    const parts = fc.constantFrom("/", "//", ".", "..", "a", "%2e", "%2F", "%61", "#", "b%20");
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (pieces) => {
        const path = normalizeRawPath(`/${pieces.join("")}`);
        if (path === undefined) return;
        expect(path).toMatch(/^\//);
        expect(path).not.toContain("//");
        for (const segment of path.split("/")) expect([".", ".."]).not.toContain(segment);
      }),
    );
  });

  it("leaves a plain path as it is", () => {
    const segment = fc.stringMatching(/^[a-z0-9_~+-]+$/);
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const path = `/${segments.join("/")}`;
        expect(normalizeRawPath(path)).toBe(path);
      }),
    );
  });
});

describe("bytes that no request target may hold", () => {
  it("are controls, space and delete", () => {
    for (const text of ["\0", "a\u001f", " ", "\u007f", "a\r\nb"]) expect(hasControlOrSpace(text)).toBe(true);
    for (const text of ["", "a", "~!\"'<>\\^`{|}", "\u0080\u00ff"]) expect(hasControlOrSpace(text)).toBe(false);
  });
});
