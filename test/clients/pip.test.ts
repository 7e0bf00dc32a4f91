import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import type { ClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok, run } from "./client.ts";

const available = nginxAvailable() && areInstalled("python3") && run("python3", ["-m", "pip", "--version"]).exit === 0;

describe.skipIf(!available)("pip, with the lines of a client kit", () => {
  test("takes the newest version that an index had at each checkpoint", async () => {
    const site = await aClientSite();
    publish(site, "1.0");
    writePage(site, ["1.0"]);
    await site.checkpoint();
    const first = site.kit("pip.conf");
    publish(site, "2.0");
    writePage(site, ["1.0", "2.0"]);
    await site.checkpoint();
    expect(downloaded(first)).toEqual(["demo-1.0-py3-none-any.whl"]);
    expect(downloaded(site.kit("pip.conf"))).toEqual(["demo-2.0-py3-none-any.whl"]);
    expect(site.requests().filter((line) => line.startsWith("3"))).toEqual([]);
  });

  test("reads generated listings where the projects are folders of files", async () => {
    const site = await aClientSite();
    publish(site, "1.0");
    await site.checkpoint();
    const first = site.kit("pip.conf");
    publish(site, "2.0");
    await site.checkpoint();
    expect(downloaded(first)).toEqual(["demo-1.0-py3-none-any.whl"]);
    expect(downloaded(site.kit("pip.conf"))).toEqual(["demo-2.0-py3-none-any.whl"]);
  });
});

function publish(site: ClientSite, version: string): void {
  const folder = aFolder();
  const info = path.join(folder, `demo-${version}.dist-info`);
  mkdirSync(info);
  mkdirSync(path.join(site.source, "simple/demo"), { recursive: true });
  writeFileSync(path.join(info, "METADATA"), `Metadata-Version: 2.1\nName: demo\nVersion: ${version}\n`);
  writeFileSync(
    path.join(info, "WHEEL"),
    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  );
  writeFileSync(path.join(info, "RECORD"), "");
  const wheel = path.join(site.source, `simple/demo/demo-${version}-py3-none-any.whl`);
  ok("python3", ["-m", "zipfile", "--create", wheel, `${info}/`]);
}

function writePage(site: ClientSite, versions: readonly string[]): void {
  const links = versions.map(
    (version) => `<a href="demo-${version}-py3-none-any.whl">demo-${version}-py3-none-any.whl</a>`,
  );
  site.write("simple/demo/index.html", `<!DOCTYPE html>\n<html><body>\n${links.join("\n")}\n</body></html>\n`);
}

/** Files that pip fetches for `demo` with this configuration and no other. */
function downloaded(configuration: string): readonly string[] {
  const folder = aFolder();
  writeFileSync(path.join(folder, "pip.conf"), configuration);
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--dest",
    "got",
    "demo",
  ];
  const env = { PIP_CONFIG_FILE: path.join(folder, "pip.conf"), HOME: folder };
  ok("python3", args, { cwd: folder, env });
  expect(readFileSync(env.PIP_CONFIG_FILE, "utf8")).toBe(configuration);
  return readdirSync(path.join(folder, "got"));
}
