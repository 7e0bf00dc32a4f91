import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import type { ClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok } from "./client.ts";

describe.skipIf(!nginxAvailable() || !areInstalled("npm"))("npm, with the lines of a client kit", () => {
  test("installs the newest version that a package document named at each checkpoint", async () => {
    const site = await aClientSite();
    publish(site, ["1.0.0"]);
    await site.checkpoint();
    const first = site.kit("npmrc");
    publish(site, ["1.0.0", "2.0.0"]);
    await site.checkpoint();
    expect(installed(first)).toBe("1.0.0");
    expect(installed(site.kit("npmrc"))).toBe("2.0.0");
  });
});

/** The package `left`, its document beside its tarballs. Tarballs have one address each, as in every registry. */
function publish(site: ClientSite, versions: readonly string[]): void {
  const entries = versions.map((version) => {
    const folder = aFolder();
    mkdirSync(path.join(folder, "package"));
    writeFileSync(path.join(folder, "package/package.json"), JSON.stringify({ name: "left", version }));
    const tarball = `left/-/left-${version}.tgz`;
    mkdirSync(path.join(site.source, "left/-"), { recursive: true });
    const settings = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0"];
    ok("tar", [
      "--create",
      "--gzip",
      "--file",
      path.join(site.source, tarball),
      ...settings,
      "--directory",
      folder,
      "package",
    ]);
    const integrity = `sha512-${createHash("sha512")
      .update(readFileSync(path.join(site.source, tarball)))
      .digest("base64")}`;
    return [version, { name: "left", version, dist: { tarball: `${site.url}live/${tarball}`, integrity } }] as const;
  });
  const latest = versions.at(-1);
  const document = { name: "left", "dist-tags": { latest }, versions: Object.fromEntries(entries) };
  site.write("left/index.html", JSON.stringify(document));
}

/** The version of `left` in a new project with this configuration and no other. */
function installed(npmrc: string): string {
  const folder = aFolder();
  writeFileSync(path.join(folder, ".npmrc"), npmrc);
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "project", version: "1.0.0" }));
  const env = { HOME: folder, npm_config_cache: path.join(folder, "cache"), npm_config_update_notifier: "false" };
  ok("npm", ["install", "--no-audit", "--no-fund", "left"], { cwd: folder, env });
  const found: unknown = JSON.parse(readFileSync(path.join(folder, "node_modules/left/package.json"), "utf8"));
  if (typeof found !== "object" || found === null || !("version" in found)) throw new Error("no version");
  return String(found.version);
}
