import { describe, expect, it } from "vitest";
import { below, pathOf } from "../../src/sources/directory-listing.ts";

describe("a real place in a directory source", () => {
  it.each(["/", "/srv", "/srv/in coming"])("is told from its path and gives it back below %s", (root) => {
    for (const path of ["", "a", "etc/a b"]) expect(pathOf(root, below(root, path))).toBe(path);
    expect(below(root, "etc/a")).toBe(root === "/" ? "/etc/a" : `${root}/etc/a`);
  });
});
