import { describe, expect, it } from "vitest";

import type { Digest } from "../../src/model/digest.ts";
import { obeyedPath } from "../../src/model/obeyed-names.ts";
import type { HostName } from "../../src/model/server-name.ts";
import { emptyFiles, treeInMemory } from "../formats/tree-in-memory.ts";

describe("what a host would obey in a mirrored version", () => {
  const find = (host: HostName, ...names: readonly string[]): string | undefined => {
    const version = treeInMemory(emptyFiles(...names));
    return obeyedPath(host, version.root, version.tree, new Set());
  };

  it.each([
    [".htaccess", [".htaccess", "a"]],
    ["a/b/.htaccess", ["a/b/.htaccess", "a/b/c", "z"]],
    ["a/.HTAccess", ["a/.HTAccess"]],
    ["web/.user.ini", ["web/.user.ini", "web/index.php"]],
    ["a/.htaccess", ["a/.htaccess/f", "a/g"]],
  ])("is found: %s", (path, names) => {
    expect(find("htaccess", ...names)).toBe(path);
  });

  it("is nothing of another name", () => {
    expect(find("htaccess", "htaccess", ".htaccess.bak", "a/.htpasswd", "a/x.htaccess", "user.ini")).toBeUndefined();
  });

  it("is nothing at all on a host that obeys no file", () => {
    expect(find("object-store", ".htaccess", "a/.user.ini")).toBeUndefined();
  });

  it("costs the directories that changed", () => {
    const cleared = new Set<Digest>();
    const before = treeInMemory(emptyFiles("big/1", "big/2", "small/1"));
    expect(obeyedPath("htaccess", before.root, before.tree, cleared)).toBeUndefined();
    const after = treeInMemory(emptyFiles("big/1", "big/2", "small/.htaccess"));
    expect(obeyedPath("htaccess", after.root, after.tree, cleared)).toBe("small/.htaccess");
    expect([before.read.trees, after.read.trees]).toEqual([3, 2]);
  });
});
