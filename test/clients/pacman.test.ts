import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import type { ClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok, run } from "./client.ts";
import type { ClientRun } from "./client.ts";
import { aSigningKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

const available = nginxAvailable() && areInstalled("pacman", "gpg") && process.getuid?.() === 0;

describe.skipIf(!available)("pacman, with the lines of a client kit", () => {
  test("installs what was there at each checkpoint, signed as its own configuration wants it", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, "", "1.0-1");
    await site.checkpoint();
    const first = site.kit("pacman.conf");
    publish(site, key, "", "2.0-1");
    await site.checkpoint();
    expect(installed(first, key)).toBe("1.0-1");
    expect(installed(site.kit("pacman.conf"), key)).toBe("2.0-1");
    expect(site.requests().filter((line) => line.startsWith("3"))).toEqual([]);

    const unknown = pacman(machine(first, aSigningKey()), "-Sy", "hello");
    expect(unknown.exit).not.toBe(0);
  });

  test("puts its names for repository and architecture where the lines have variables", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, "core/os/x86_64", "1.0-1", "core");
    publish(site, key, "extra/os/x86_64", "3.0-1", "extra", "other");
    await site.checkpoint();
    const lines = site.kit("pacman.conf");
    expect(lines).toMatch(/^Server = .*\/\$repo\/os\/x86_64$/m);
    expect(installed(lines, key)).toBe("1.0-1");
    expect(installed(lines, key, "other")).toBe("3.0-1");
  });
});

/** A repository with the signed package `hello` in place of what the folder of the site's source held. */
function publish(
  site: ClientSite,
  key: SigningKey,
  folder: string,
  version: string,
  repository = "repo",
  name = "hello",
): void {
  const target = path.join(site.source, folder);
  rmSync(target, { recursive: true, force: true });
  const work = aFolder();
  mkdirSync(target, { recursive: true });
  mkdirSync(path.join(work, "opt"));
  writeFileSync(path.join(work, "opt", name), `${version}\n`);
  const info = { pkgname: name, pkgver: version, pkgdesc: "test", arch: "any", size: "4" };
  writeFileSync(
    path.join(work, ".PKGINFO"),
    Object.entries(info)
      .map(([field, value]) => `${field} = ${value}\n`)
      .join(""),
  );
  const file = `${name}-${version}-any.pkg.tar.gz`;
  const archive = path.join(target, file);
  ok("tar", [
    "--create",
    "--gzip",
    "--file",
    archive,
    "--directory",
    work,
    "--owner=0",
    "--group=0",
    ".PKGINFO",
    "opt",
  ]);
  key.detach(archive, `${archive}.sig`, false);
  const bytes = readFileSync(archive);
  const fields = {
    FILENAME: file,
    NAME: name,
    VERSION: version,
    DESC: "test",
    CSIZE: String(bytes.length),
    ISIZE: "4",
    SHA256SUM: createHash("sha256").update(bytes).digest("hex"),
    PGPSIG: readFileSync(`${archive}.sig`).toString("base64"),
    ARCH: "any",
  };
  const entry = `${name}-${version}`;
  mkdirSync(path.join(work, "db", entry), { recursive: true });
  const text = Object.entries(fields)
    .map(([field, value]) => `%${field}%\n${value}\n\n`)
    .join("");
  writeFileSync(path.join(work, "db", entry, "desc"), text);
  const database = path.join(target, `${repository}.db`);
  ok("tar", ["--create", "--gzip", "--file", `${database}.tar.gz`, "--directory", path.join(work, "db"), entry]);
  writeFileSync(database, readFileSync(`${database}.tar.gz`));
}

/** The version of a package that stands on a new machine after its installation. */
function installed(lines: string, key: SigningKey, name = "hello"): string {
  const folder = machine(lines, key);
  const { exit, said } = pacman(folder, "-Sy", name);
  expect(exit, said).toBe(0);
  return readFileSync(path.join(folder, "root/opt", name), "utf8").trim();
}

/** A machine without anything on it, which trusts one key and takes nothing without a signature. */
function machine(lines: string, key: SigningKey): string {
  const folder = aFolder();
  for (const name of ["root/var/lib/pacman", "cache"]) mkdirSync(path.join(folder, name), { recursive: true });
  const options = [
    "[options]",
    "Architecture = x86_64",
    "SigLevel = Required DatabaseOptional",
    `GPGDir = ${key.home}`,
  ];
  writeFileSync(path.join(folder, "pacman.conf"), `${options.join("\n")}\n${lines}`);
  return folder;
}

function pacman(folder: string, ...args: readonly string[]): ClientRun {
  const places = {
    config: "pacman.conf",
    root: "root",
    dbpath: "root/var/lib/pacman",
    cachedir: "cache",
    hookdir: "hooks",
    logfile: "log",
  };
  const options = Object.entries(places).flatMap(([name, value]) => [`--${name}`, path.join(folder, value)]);
  return run("pacman", [...options, "--noconfirm", "--noscriptlet", ...args], { env: { HOME: folder } });
}
