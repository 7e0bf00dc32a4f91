import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../helpers/manifest-source.ts";
import { openDirectoryWorld } from "./directory-world.ts";
import type { DirectoryWorld } from "./directory-world.ts";

let world: DirectoryWorld;
beforeEach(async () => {
  world = await openDirectoryWorld();
  for (const path of all) await world.write(path);
});
afterEach(() => world.remove());

const all = [
  ".git/HEAD",
  ".hidden",
  "README",
  "a/.x/y.deb",
  "a/b/c.deb",
  "a/b/c.txt",
  "a/one.deb",
  "ab/two.deb",
  "z.DEB",
];

describe("patterns", () => {
  it.each([
    [["**"], [], all],
    [["**/*"], [], all],
    [["./**"], [], all],
    [["*"], [], [".hidden", "README", "z.DEB"]],
    [["**/*.deb"], [], ["a/.x/y.deb", "a/b/c.deb", "a/one.deb", "ab/two.deb"]],
    [["a"], [], ["a/.x/y.deb", "a/b/c.deb", "a/b/c.txt", "a/one.deb"]],
    [["a/"], [], ["a/.x/y.deb", "a/b/c.deb", "a/b/c.txt", "a/one.deb"]],
    [["./a/b"], [], ["a/b/c.deb", "a/b/c.txt"]],
    [["a/b/c.txt", "README", "none"], [], ["README", "a/b/c.txt"]],
    [["README/x"], [], []],
    [["{a,ab}/*.deb"], [], ["a/one.deb", "ab/two.deb"]],
    [["a/**", "**/c.txt", "a/b/*"], [], ["a/.x/y.deb", "a/b/c.deb", "a/b/c.txt", "a/one.deb"]],
    [["**"], [".git"], all.filter((path) => path !== ".git/HEAD")],
    [["**"], ["**/.*"], ["README", "a/b/c.deb", "a/b/c.txt", "a/one.deb", "ab/two.deb", "z.DEB"]],
    [["**"], ["a", "ab/"], [".git/HEAD", ".hidden", "README", "z.DEB"]],
    [["a/b/*"], ["a"], []],
    [["a/b/c.txt"], ["a"], []],
    [["**"], ["**/b"], all.filter((path) => !path.startsWith("a/b/"))],
    [["**"], ["*.deb"], all],
    [["**"], ["**/*.deb"], [".git/HEAD", ".hidden", "README", "a/b/c.txt", "z.DEB"]],
    [["**"], ["**"], []],
    [["a/?/c.*"], [], ["a/b/c.deb", "a/b/c.txt"]],
    [["?/?/c.*", "a/?.x/**", "?git/HEAD"], [], [".git/HEAD", "a/b/c.deb", "a/b/c.txt"]],
    [[".git/HE?D", "?EADME", "a?/two.deb"], [], [".git/HEAD", "README", "ab/two.deb"]],
    [["**"], ["a*", "**/.*"], ["README", "z.DEB"]],
    [["**"], ["a/{b,.x}*", "*.D*", "a/!(one.deb)"], [".git/HEAD", ".hidden", "README", "a/one.deb", "ab/two.deb"]],
  ] as const)("include %j exclude %j", async (include, exclude, expected) => {
    expect(await world.paths({ include, exclude })).toEqual(expected);
  });

  it("with a backslash take the character after it as it is", async () => {
    await world.write("[x]/{a}");
    await world.write("x/a");
    expect(await world.paths({ include: ["\\[x\\]/**"] })).toEqual(["[x]/{a}"]);
    expect(await world.paths({ include: ["*/\\{a\\}"] })).toEqual(["[x]/{a}"]);
  });

  it.each([
    ["", "names nothing"],
    ["./", "names nothing"],
    ["/etc/*", "is absolute"],
    ["!a", 'begins with "!"'],
    ["../x", '".."'],
    ["a/../b", '".."'],
    ["a/..", '".."'],
    ["{..,a}/x", '".."'],
    ["{a,..}", '".."'],
  ])("of the form %j are a mistake in the configuration, in either list", async (pattern, problem) => {
    for (const settings of [{ include: [pattern] }, { exclude: [pattern] }]) {
      const failure = await failureOf(world.paths(settings));
      expect(failure.code).toBe("CONFIG");
      expect(failure.message).toContain(JSON.stringify(pattern));
      expect(failure.message).toContain(problem);
    }
  });

  it("report a link in the way of a pattern, and none beside it", async () => {
    await world.link("link", "a");
    await world.link("dead", "nowhere");
    expect((await failureOf(world.paths({ include: ["link/*.deb"] }))).details).toEqual([
      "link is a symbolic link to a",
    ]);
    expect((await failureOf(world.paths({ include: ["link/b/c.txt"] }))).details).toEqual([
      "link is a symbolic link to a",
    ]);
    expect((await failureOf(world.paths({ include: ["**/*.txt"] }))).details).toEqual(["link is a symbolic link to a"]);
    expect((await failureOf(world.paths({ include: ["dead"] }))).details).toEqual([
      "dead is a symbolic link to nowhere",
    ]);
    expect(await world.paths({ include: ["a/*.deb"] })).toEqual(["a/one.deb"]);
    expect(await world.paths({ include: ["**/*.txt"], exclude: ["link"] })).toEqual(["a/b/c.txt"]);
  });
});
