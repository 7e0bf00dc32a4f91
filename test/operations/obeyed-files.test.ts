import { existsSync, rmSync } from "node:fs";

import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";

describe("a version with a file that Apache would obey", () => {
  it("is not published for a host that obeys it, and nothing of it is recorded or laid out", async () => {
    const project = open("hosts: [htaccess]");
    await project.ok("update");
    const before = await project.ok("list", "--json");
    project.write("in/pool/deep/.htaccess", "SetHandler server-status");
    project.setClock(project.clock() + 10);

    const { exit, err } = await project.run("update");
    expect(exit).toBe(4);
    expect(err).toContain("version 2 of r has pool/deep/.htaccess, which Apache would obey instead of sending it");
    const after = await project.ok("list", "--json");
    expect(checkpointsIn(after.out)).toEqual(checkpointsIn(before.out));

    // Left out by the configuration, everything goes on.
    project.write("asof.yaml", configuration("hosts: [htaccess]", 'exclude: ["**/.htaccess"]'));
    project.write("in/pool/more", "more");
    await project.ok("update");
    expect(checkpointsIn((await project.ok("list", "--json")).out)).toHaveLength(2);
  });

  it("stands in the way of adding the host later", async () => {
    const project = open("hosts: []");
    project.write("in/.user.ini", "auto_prepend_file=evil");
    await project.ok("update");
    project.write("asof.yaml", configuration("hosts: [htaccess]"));
    const { exit, err } = await project.run("build");
    expect(exit).toBe(2);
    expect(err).toMatch(/c\/\d{8}T\d{6}Z\/\.user\.ini is still served, and Apache would obey it/);
  });

  it("stands in the way while a pruned checkpoint with it is still on disk", async () => {
    const project = open("hosts: []");
    project.write("in/sub/.htaccess", "Header unset Content-Security-Policy");
    await project.ok("update");
    project.write(
      "asof.yaml",
      configuration("hosts: []\ngrace: 1h", 'exclude: ["**/.htaccess"]', "retain: { checkpoints: 1 }"),
    );
    project.setClock(project.clock() + 60);
    await project.ok("update");

    const withHost = configuration(
      "hosts: [htaccess]\ngrace: 1h",
      'exclude: ["**/.htaccess"]',
      "retain: { checkpoints: 1 }",
    );
    project.write("asof.yaml", withHost);
    const { exit, err } = await project.run("update");
    expect(exit).toBe(2);
    expect(err).toMatch(/\/sub\/\.htaccess is still served/);
    expect(existsSync(project.file("public/.htaccess"))).toBe(false);

    project.write("asof.yaml", withHost.replace("[htaccess]", "[]"));
    project.setClock(project.clock() + 4_000);
    await project.ok("update");
    project.write("asof.yaml", withHost);
    await project.ok("update");
    expect(existsSync(project.file("public/.htaccess"))).toBe(true);
  });

  it("is told from the host's own files, also when caches were lost", async () => {
    const project = open("hosts: [htaccess]");
    await project.ok("update");
    project.write("in/f", "changed");
    project.setClock(project.clock() + 60);
    await project.ok("update");
    rmSync(project.file("state/cache"), { recursive: true });
    await project.ok("build");
    expect(existsSync(project.file("public/c/_asof/times/.htaccess"))).toBe(true);
  });

  it("is content like any other everywhere else", async () => {
    const project = open("hosts: [netlify]");
    project.write("in/.htaccess", "Deny from all");
    await project.ok("update");
  });
});

function open(hosts: string): Project {
  const project = openProject(configuration(hosts));
  onTestFinished(project.remove);
  project.write("in/f", "content");
  return project;
}

function configuration(hosts: string, remote = "", repository = ""): string {
  return `
layout: copies
servers: [nginx]
${hosts}
repositories:
  r: { remote: { type: directory, path: in${remote === "" ? "" : `, ${remote}`} }${repository === "" ? "" : `, ${repository}`} }
distributions:
  d: { repository: r, base_path: c, checkpoint: true }
`;
}

function checkpointsIn(json: string): readonly unknown[] {
  const list = z
    .object({ repositories: z.array(z.object({ checkpoints: z.array(z.unknown()) })) })
    .parse(JSON.parse(json));
  return list.repositories.flatMap(({ checkpoints }) => checkpoints);
}
