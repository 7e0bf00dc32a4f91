import { existsSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { treeOf } from "./tree-of.ts";

const configuration = `
repositories:
  tree: { remote: { type: directory, path: content }, retain: { checkpoints: 2 } }
distributions:
  tree: { repository: tree, base_path: tree }
  old: { repository: tree, base_path: checkpoints/tree, checkpoint: true }
`;

describe("a dry run", () => {
  let project: Project;
  beforeEach(() => {
    project = openProject(configuration);
    project.write("content/a", "a");
    project.write("content/d/b", "b");
  });
  afterEach(() => project.remove());

  it("of the first update says what it would find, and makes nothing", async () => {
    const { out } = await project.ok("update", "--dry-run");
    expect(out).toBe("tree: +2 -0 ~0\ntree: checkpoint: yes\n");
    expect(existsSync(project.file("state"))).toBe(false);
    expect(existsSync(project.file("public"))).toBe(false);
  });

  it.each([
    ["prune", 0, ""],
    ["label tree latest v1", 2, "tree has no checkpoint"],
    ["withdraw tree latest --reason wrong", 2, "tree has no checkpoint"],
  ])("before the first update finds nothing there, and makes nothing: asof %s", async (line, exit, message) => {
    const run = await project.run(...line.split(" "), "--dry-run");
    expect(run.exit).toBe(exit);
    expect(run.err).toContain(message);
    expect(existsSync(project.file("state"))).toBe(false);
  });

  it.each([
    ["update", "--dry-run"],
    ["update", "--dry-run", "--json"],
    ["sync", "--dry-run"],
    ["publish", "tree", "--checkpoint", "--dry-run"],
    ["prune", "--dry-run"],
    ["build", "--dry-run"],
  ])("writes nothing: asof %s %s %s", async (...argv) => {
    await project.ok("update");
    project.write("content/a", "other");
    const before = treeOf(project.dir);
    await project.ok(...argv);
    expect(treeOf(project.dir)).toEqual(before);
  });

  it("of an update tells a change that sizes show, and the files that would have to be read", async () => {
    await project.ok("update");
    project.write("content/a", "longer");
    expect((await project.ok("update", "--dry-run")).out).toBe("tree: +0 -0 ~1, 1 to be read\ntree: checkpoint: yes\n");
  });

  it("of a removal names the base path", async () => {
    await project.ok("update");
    project.write("asof.yaml", configuration.replace(/ {2}old:.*\n/, ""));
    await project.ok("build");
    expect((await project.ok("remove", "old", "--dry-run")).out).toBe("would remove checkpoints/tree\n");
    expect(existsSync(project.file("public/checkpoints/tree"))).toBe(true);
    await project.ok("remove", "old");
    expect(existsSync(project.file("public/checkpoints/tree"))).toBe(false);
  });
});
