import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/model/config.ts";
import { captured } from "../captured-run.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "asof-init-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function init(...argv: readonly string[]): ReturnType<typeof captured> {
  return captured(["init", ...argv], { cwd: folder });
}

async function written(name = "asof.yaml"): Promise<string> {
  return readFile(path.join(folder, name), "utf8");
}

async function config(): Promise<Config> {
  return (await loadConfig(path.join(folder, "asof.yaml"))).config;
}

describe("asof init", () => {
  it("writes a configuration that is read without a fault, and says what comes next", async () => {
    const { code, out, err } = await init();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Wrote asof\.yaml\.\nNext:\n {2}1\. Put files into incoming/);
    const { repositories, distributions } = await config();
    expect(repositories).toMatchObject([
      { name: "packages", remote: { type: "directory", path: path.join(folder, "incoming") } },
    ]);
    expect(distributions).toMatchObject([
      { name: "packages", basePath: "packages", checkpoint: false },
      { name: "packages-checkpoints", basePath: "checkpoints/packages", checkpoint: true },
    ]);
  });

  it("writes the defaults as comments: without their # they change nothing", async () => {
    for (const options of [[], ["--url", "https://h.example/x/M"], ["--pulp", "https://h.example/pulp/content/x/"]]) {
      await init("--force", ...options);
      const quiet = await config();
      const text = (await written())
        .split("\n")
        .map((line) => (/# .*no default/.test(line) ? line : line.replace(/^( *)# (\w+:)/, "$1$2")))
        .join("\n");
      expect(text.match(/^ *(?:grace|settled|layout|theme):/gm)).toHaveLength(4);
      await writeFile(path.join(folder, "asof.yaml"), text);
      expect(await config()).toEqual(quiet);
    }
  });

  it("shows editors a schema that is there", async () => {
    await init();
    const schema = /^# yaml-language-server: \$schema=(.+)\n/.exec(await written())?.[1] ?? "";
    expect(JSON.parse(await readFile(path.resolve(folder, schema), "utf8"))).toHaveProperty("properties.repositories");
  });

  it.each([
    ["https://fixtures.example.org/file/PULP_MANIFEST", "file"],
    ["https://h/a/b%20c/M?x=1", "b-20c"],
    ["https://h/PULP_MANIFEST", "packages"],
    ["https://h/checkpoints/M", "packages"],
    ["https://h/20250318T140338Z/M", "packages"],
  ])("mirrors %s as repository %s", async (url, name) => {
    const { code } = await init("--url", url);
    expect(code).toBe(0);
    expect((await config()).repositories).toMatchObject([{ name, remote: { type: "file", url, mode: "additive" } }]);
  });

  it("takes over the checkpoints of a Pulp server", async () => {
    const url = "https://pulp.example.org/pulp/content/checkpoint/myfile/";
    const { code, out } = await init("--pulp", url);
    expect(code).toBe(0);
    expect(out).toContain("takes over every checkpoint that is there");
    expect((await config()).repositories).toMatchObject([{ name: "myfile", remote: { type: "pulp", url } }]);
  });

  it("takes a folder as seen from here, and writes it as seen from the file", async () => {
    await mkdir(path.join(folder, "etc"));
    await init("--directory", "My packages: #1", "--config", "etc/asof.yaml");
    const { config: made } = await loadConfig(path.join(folder, "etc", "asof.yaml"));
    expect(made.repositories).toMatchObject([
      { name: "My-packages-1", remote: { path: path.join(folder, "My packages: #1") } },
    ]);
    expect(await written("etc/asof.yaml")).toContain('path: "../My packages: #1"');
  });

  it("never overwrites, whatever the name of the configuration", async () => {
    for (const name of ["asof.json", "asof.yml", "asof.yaml"]) {
      await writeFile(path.join(folder, name), "mine");
      const { code, err } = await init();
      expect(code).toBe(2);
      expect(err).toBe(`asof: ${name} is there already\nhint: --force overwrites it\n`);
    }
    await writeFile(path.join(folder, "other.yaml"), "mine");
    expect((await init("-c", "other.yaml")).code).toBe(2);
    expect(await written("other.yaml")).toBe("mine");
    expect((await init("-c", "new.yaml")).code).toBe(0);
  });

  it("overwrites with --force, through a link, and leaves nothing else behind", async () => {
    await writeFile(path.join(folder, "real.yaml"), "mine");
    await symlink("real.yaml", path.join(folder, "asof.yaml"));
    expect((await init("--force")).code).toBe(0);
    expect((await lstat(path.join(folder, "asof.yaml"))).isSymbolicLink()).toBe(true);
    expect(await written("real.yaml")).toContain("repositories:");
    expect((await readdir(folder)).toSorted()).toEqual(["asof.yaml", "real.yaml"]);
  });

  it("writes nothing with --dry-run and prints the text", async () => {
    const { out, code } = await init("-n");
    expect(code).toBe(0);
    expect(out).toContain("repositories:\n  packages:");
    expect(await readdir(folder)).toEqual([]);
    expect(JSON.parse((await init("-n", "--json")).out)).toEqual({
      schemaVersion: 1,
      file: path.join(folder, "asof.yaml"),
      written: false,
      text: out,
    });
  });

  it("keeps a password to the owner of the file", async () => {
    await init("--url", "https://u:p@h/x/M");
    expect((await stat(path.join(folder, "asof.yaml"))).mode & 0o077).toBe(0);
  });

  it.each([
    [["--url", "ftp://h/M"], 2, 'has the scheme "ftp:"'],
    [["--url", "https://u:s3cret@h/"], 2, "names a folder"],
    [["--url", "https://h/M", "--directory", "x"], 2, "cannot both be given"],
    [["--directory", "public"], 2, "is the same as output"],
    [["--directory", "."], 2, "contains state"],
    [["--config", "asof.json"], 2, "has the name of a JSON file"],
    [["--config", "nowhere/asof.yaml"], 5, "cannot be written"],
  ])("refuses %j with exit code %d", async (argv, exit, message) => {
    const { code, err } = await init(...argv);
    expect(err).toContain(message);
    expect(err).not.toContain("s3cret");
    expect(code).toBe(exit);
    expect(await readdir(folder)).toEqual([]);
  });
});
