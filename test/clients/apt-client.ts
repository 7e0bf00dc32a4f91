import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { aFolder, ok, run } from "./client.ts";
import type { ClientRun } from "./client.ts";
import type { SigningKey } from "./signing-key.ts";

/** apt-get on a machine that has never heard of anything. */
export interface Apt {
  (...args: readonly string[]): ClientRun;
  /** Puts a file below its /etc/apt. */
  configure(name: string, text: string): void;
  /** Versions of the packages that it has fetched, by the names of their files. */
  fetched(): readonly string[];
}

/**
 * A machine with one file of sources and the key that they name. Nothing of this machine's own configuration is read or written. `root` is the root directory of another apt than this
 * machine's.
 */
export function anApt(sources: string, key: SigningKey | undefined, root?: string): Apt {
  const home = root === undefined ? aFolder() : aFolder(path.join(root, "tmp"));
  const folders = ["etc/sources.list.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"];
  for (const folder of folders) mkdirSync(path.join(home, folder), { recursive: true });
  const inside = root === undefined ? home : `/${path.relative(root, home)}`;
  const write = (name: string, text: string): void => writeFileSync(path.join(home, name), text);
  const configure = (name: string, text: string): void => {
    write(
      `etc/${name}`,
      text.replace(/^# Signed-By:.*$/gm, key === undefined ? "# no key" : `Signed-By: ${inside}/key.asc`),
    );
  };
  if (key !== undefined) write("key.asc", key.publicKey);
  write("status", "");
  write("apt.conf", configuration(inside));
  configure("sources.list.d/kit.sources", sources);
  const env = { APT_CONFIG: `${inside}/apt.conf` };
  const apt = (...args: readonly string[]): ClientRun =>
    root === undefined
      ? run("apt-get", args, { env })
      : run("chroot", [root, "/usr/bin/apt-get", ...args], { env: { ...env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  return Object.assign(apt, {
    configure,
    fetched: () =>
      readdirSync(path.join(home, "cache/archives"))
        .filter((name) => name.endsWith(".deb"))
        .map((name) => ok("dpkg-deb", ["--field", path.join(home, "cache/archives", name), "Version"]).trim()),
  });
}

/**
 * An apt that knows snapshots (2.7.12 and newer): this machine's, with no root of its own, or the one that test/install.sh brings. Undefined where there is neither; where `CI` is set
 * that is an error.
 */
export function snapshotApt(): { readonly root: string | undefined } | undefined {
  if (knowsSnapshots()) return { root: undefined };
  const root = path.join(import.meta.dirname, "../../node_modules/.cache/asof/apt");
  if (process.getuid?.() === 0 && existsSync(path.join(root, "usr/bin/apt-get"))) return { root };
  if (process.env["CI"] !== undefined && process.env["CI"] !== "") {
    throw new Error("there is no apt that knows snapshots; test/install.sh brings one");
  }
  return undefined;
}

function knowsSnapshots(): boolean {
  const script = "dpkg --compare-versions \"$(apt-get --version | awk 'NR == 1 { print $2 }')\" ge 2.7.12";
  return run("sh", ["-c", script]).exit === 0;
}

function configuration(home: string): string {
  const settings = {
    "Dir::Etc": `${home}/etc`,
    "Dir::Etc::parts": `${home}/etc/apt.conf.d`,
    "Dir::State": `${home}/state`,
    "Dir::State::status": `${home}/status`,
    "Dir::Cache": `${home}/cache`,
    "Dir::Log": home,
    "APT::Architecture": "amd64",
    "APT::Architectures": "amd64",
    "APT::Sandbox::User": "root",
    "Acquire::Retries": "0",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join("");
}
