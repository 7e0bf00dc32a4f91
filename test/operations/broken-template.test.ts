import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";

const configuration = `
repositories: { tree: { remote: { type: directory, path: content } } }
distributions: { old: { repository: tree, base_path: old, checkpoint: true } }
`;

describe("a template of the user's", () => {
  let project: Project;
  beforeEach(async () => {
    project = openProject(configuration);
    project.write("content/a", "a");
    await project.ok("update");
    project.write("asof.yaml", `templates: mine\n${configuration}`);
  });
  afterEach(() => project.remove());

  it("replaces the built-in one of its name", async () => {
    project.write("mine/checkpoint-list.eta", "<p><%= it.rows.length %></p>");
    await project.ok("build");
    expect(readFileSync(project.file("public/old/index.html"), "utf8")).toBe("<p>1</p>");
  });

  it.each([
    ["that does not compile", "<% if ( %>"],
    ["that prints what is not there", "<%= it.nothing %>"],
    ["that throws", "<% throw new Error('no') %>"],
  ])("%s is named, with exit code 2, and the site stays", async (_, template) => {
    const before = readFileSync(project.file("public/old/index.html"), "utf8");
    project.write("mine/checkpoint-list.eta", template);
    const { exit, err } = await project.run("build");
    expect(exit, err).toBe(2);
    expect(err).toContain("mine/checkpoint-list.eta");
    expect(readFileSync(project.file("public/old/index.html"), "utf8")).toBe(before);
  });
});
