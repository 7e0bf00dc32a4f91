import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok, run } from "./client.ts";
import type { ClientRun } from "./client.ts";
import { publishRpm } from "./rpm-archive.ts";
import { aSigningKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

const canPublish = nginxAvailable() && areInstalled("rpmbuild", "rpmsign", "createrepo_c", "gpg");

describe.skipIf(!canPublish || !areInstalled("dnf"))("dnf, with the lines of a client kit", () => {
  test("installs what was there at each checkpoint, and checks its signature", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publishRpm(site, key, "", "1.0");
    const early = await site.checkpoint();
    const first = site.kit("dnf.repo");
    publishRpm(site, key, "", "2.0");
    await site.checkpoint();

    expect(installed(dnf, withKey(first, key))).toBe("1.0");
    expect(installed(dnf, withKey(site.kit("dnf.repo"), key))).toBe("2.0");
    const requests = site.requests();
    expect(requests).toContain(`200 /checkpoints/live/${early}/hello-1.0.rpm`);
    expect(requests.filter((line) => line.startsWith("3"))).toEqual([]);
    const unknown = dnf(machine(first.replace("# gpgkey=", "# none: ")), "install", "hello");
    expect(unknown.exit).not.toBe(0);
    expect(unknown.said).toMatch(/public key|GPG/i);
  });

  test("takes the pin file in place of the address", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publishRpm(site, key, "", "1.0");
    const early = await site.checkpoint();
    const pinned = site
      .kit("dnf.repo")
      .replace(/^baseurl=/m, "# baseurl=")
      .replace(/^# mirrorlist=/m, "mirrorlist=");
    publishRpm(site, key, "", "2.0");
    await site.checkpoint();
    expect(installed(dnf, withKey(pinned, key))).toBe("1.0");
    expect(site.requests()).toContain(`200 /checkpoints/live/_asof/${early}/mirrorlist`);
  });

  test("finds a repository for its own architecture by $basearch, by the address and by the pin file", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publishRpm(site, key, "9/x86_64/os", "1.0");
    publishRpm(site, key, "9/aarch64/os", "3.0");
    await site.checkpoint();
    const repo = site.kit("dnf.repo");
    expect(repo).toMatch(/^baseurl=.*\/9\/\$basearch\/os\/$/m);
    const pinned = repo.replace(/^baseurl=/m, "# baseurl=").replace(/^# mirrorlist=/m, "mirrorlist=");
    for (const text of [repo, pinned]) {
      expect(installed(dnf, withKey(text, key), "--forcearch=x86_64")).toBe("1.0");
      expect(installed(dnf, withKey(text, key), "--forcearch=aarch64")).toBe("3.0");
    }
  });
});

describe.skipIf(!canPublish || !areInstalled("zypper"))("zypper, with the lines of a client kit", () => {
  test("installs what was there at each checkpoint", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publishRpm(site, key, "", "1.0");
    await site.checkpoint();
    const first = site.kit("zypper.repo");
    publishRpm(site, key, "", "2.0");
    await site.checkpoint();
    expect(installed(zypper(key), first)).toBe("1.0");
    expect(installed(zypper(key), site.kit("zypper.repo"))).toBe("2.0");
    expect(site.requests().filter((line) => line.startsWith("3"))).toEqual([]);
  });

  test("takes the file from the site, and does not install from a repository whose key it has not", async () => {
    const site = await aClientSite();
    publishRpm(site, aSigningKey(), "", "1.0");
    await site.checkpoint();
    const [, address = ""] = /zypper addrepo (\S+)/.exec(site.kit("zypper.repo")) ?? [];
    const folder = machine("");
    ok("zypper", ["--root", folder, "--non-interactive", "addrepo", address]);
    const { exit } = run("zypper", ["--root", folder, "--non-interactive", "install", "hello"]);
    expect(exit).not.toBe(0);
    expect(() => readFileSync(path.join(folder, "opt/hello"))).toThrow("ENOENT");
  });
});

type Client = (folder: string, ...args: readonly string[]) => ClientRun;

/** The version of `hello` that stands on a new machine after its installation. */
function installed(client: Client, repo: string, ...options: readonly string[]): string {
  const folder = machine(repo);
  const { exit, said } = client(folder, ...options, "install", "hello");
  expect(exit, said).toBe(0);
  return readFileSync(path.join(folder, "opt/hello"), "utf8").trim();
}

/** A folder that a client takes for the root of a machine without anything on it. */
function machine(repo: string): string {
  const folder = aFolder();
  for (const name of ["etc/yum.repos.d", "etc/zypp/repos.d"]) {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, "kit.repo"), repo);
  }
  writeFileSync(path.join(folder, "dnf.conf"), "[main]\n");
  return folder;
}

function dnf(folder: string, ...args: readonly string[]): ClientRun {
  const settings = {
    reposdir: `${folder}/etc/yum.repos.d`,
    cachedir: `${folder}/cache`,
    logdir: folder,
    persistdir: `${folder}/persist`,
    pluginpath: folder,
    varsdir: folder,
    retries: "1",
  };
  const options = Object.entries(settings).map(([name, value]) => `--setopt=${name}=${value}`);
  return run(
    "dnf",
    [`--config=${folder}/dnf.conf`, `--installroot=${folder}`, "--releasever=1", ...options, "--assumeyes", ...args],
    {
      env: { HOME: folder },
    },
  );
}

/** With the repository's key on the machine before it is asked for anything. */
function zypper(key: SigningKey): Client {
  return (folder, ...args) => {
    ok("rpm", ["--root", folder, "--import", key.publicKeyFile], { env: { HOME: folder } });
    return run("zypper", ["--root", folder, "--non-interactive", ...args], { env: { HOME: folder } });
  };
}

/** What the comment in the kit asks of its reader. */
function withKey(repo: string, key: SigningKey): string {
  return repo.replaceAll(/^# gpgkey=.*$/gm, `gpgkey=file://${key.publicKeyFile}`);
}
