import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { findConfig, loadConfig } from "../../src/config/load.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "asof-config-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function given(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

const least = "repositories: { r: {} }\n";

describe("loadConfig", () => {
  it("reads a file, its paths relative to its own folder", async () => {
    const { config } = await loadConfig(await given("asof.yaml", least));
    expect(config.file).toBe(path.join(folder, "asof.yaml"));
    expect(config.stateDir).toBe(path.join(folder, "state"));
  });

  it("takes .json as JSON and everything else as YAML", async () => {
    await expect(loadConfig(await given("x.json", "repositories: {}\n"))).rejects.toMatchObject({ code: "CONFIG" });
    await expect(loadConfig(await given("x.conf", least))).resolves.toBeDefined();
  });

  it("names the file as it is told to", async () => {
    const file = await given("asof.yaml", "x: 1\n");
    await expect(loadConfig(file, { shownAs: "sub/asof.yaml" })).rejects.toMatchObject({
      details: expect.arrayContaining([expect.stringMatching(/^sub\/asof\.yaml:1:1: x: unknown key/)]),
    });
  });

  it("says how to get a configuration when there is none", async () => {
    await expect(loadConfig(path.join(folder, "none.yaml"))).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining("there is no configuration file"),
      hint: expect.stringContaining("asof init"),
    });
  });

  it("refuses a directory, a huge file and one that is not UTF-8", async () => {
    await mkdir(path.join(folder, "d.yaml"));
    await expect(loadConfig(path.join(folder, "d.yaml"))).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining("is a directory"),
    });
    const huge = await given("huge.yaml", `${least}# ${"x".repeat(1024 * 1024)}`);
    await expect(loadConfig(huge)).rejects.toMatchObject({ message: expect.stringContaining("larger than 1 MiB") });
    const latin1 = await given("latin1.yaml", Buffer.from(`site: { title: b\u00E4r }\n${least}`, "latin1"));
    await expect(loadConfig(latin1)).rejects.toMatchObject({ message: expect.stringContaining("not UTF-8") });
  });

  it("finds the state behind a link into the document root", async () => {
    await mkdir(path.join(folder, "public", "s"), { recursive: true });
    await symlink("public/s", path.join(folder, "state"));
    await expect(loadConfig(await given("asof.yaml", least))).rejects.toMatchObject({
      details: [expect.stringMatching(/output: .*public contains state/)],
    });
  });

  it("finds a source behind a link, also where the rest of its path is not there yet", async () => {
    await symlink(".", path.join(folder, "here"));
    const text = "repositories: { r: { remote: { type: directory, path: here/public/later } } }\n";
    await expect(loadConfig(await given("asof.yaml", text))).rejects.toMatchObject({
      details: [expect.stringMatching(/remote\.path: .*is inside output/)],
    });
  });

  it("takes templates that are there", async () => {
    await mkdir(path.join(folder, "theirs"));
    const { config } = await loadConfig(await given("asof.yaml", `templates: theirs\n${least}`));
    expect(config.templatesDir).toBe(path.join(folder, "theirs"));
  });

  it("warns of a password only where others may read the file", async () => {
    const file = await given("asof.yaml", 'repositories: { r: { remote: { type: file, url: "https://u:p@h/M" } } }\n');
    await chmod(file, 0o644);
    expect((await loadConfig(file)).warnings).toHaveLength(1);
    await chmod(file, 0o640);
    expect((await loadConfig(file)).warnings).toEqual([]);
  });
});

describe("findConfig", () => {
  it("takes what it is told, relative to the working directory", async () => {
    expect(await findConfig(folder, "x/y.yaml")).toBe(path.join(folder, "x", "y.yaml"));
    expect(await findConfig(folder, "/etc/asof.yaml")).toBe("/etc/asof.yaml");
  });

  it("looks for asof.yaml, then asof.yml, then asof.json", async () => {
    await given("asof.json", "{}");
    expect(await findConfig(folder)).toBe(path.join(folder, "asof.json"));
    await given("asof.yml", least);
    expect(await findConfig(folder)).toBe(path.join(folder, "asof.yml"));
    await given("asof.yaml", least);
    expect(await findConfig(folder)).toBe(path.join(folder, "asof.yaml"));
  });

  it("says how to get a configuration when there is none", async () => {
    await expect(findConfig(folder)).rejects.toMatchObject({
      code: "CONFIG",
      hint: expect.stringContaining("asof init"),
    });
  });
});
