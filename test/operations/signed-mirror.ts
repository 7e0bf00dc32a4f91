import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { launchCli } from "../helpers/launch-cli.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { treeOf } from "./tree-of.ts";

export interface Key {
  readonly home: string;
  readonly keyring: string;
  readonly check: string;
  readonly sign: readonly string[];
  remove(): void;
}

export function makeKey(): Key {
  const home = mkdtempSync(path.join(os.tmpdir(), "asof-key-"));
  const gpg = ["--homedir", home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
  execFileSync("gpg", [...gpg, "--quick-generate-key", "mirror@example.org", "ed25519", "sign", "never"], {
    stdio: "ignore",
  });
  const keyring = path.join(home, "mirror.gpg");
  execFileSync("gpg", [...gpg, "--output", keyring, "--export", "mirror@example.org"]);
  return {
    home,
    keyring,
    check: `gpgv --keyring ${keyring} {signature} {file}`,
    sign: ["gpg", "--homedir", home, "--batch", "--armor", "--detach-sign", "--output", "{signature}", "{file}"],
    remove() {
      spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** One checkpoint a minute. */
export async function publishedMirror(
  key: Key,
  contents: readonly Readonly<Record<string, string>>[],
): Promise<Mirror> {
  const mirror = openMirror({ top: { sign: { command: key.sign, file: "checkpoint.txt.asc" } } });
  for (const [index, content] of contents.entries()) {
    mirror.at(index * 60);
    mirror.offer(content);
    await mirror.ok("update");
  }
  return mirror;
}

/** In a folder without a configuration. */
export async function verifyAt(url: string, ...argv: readonly string[]): Promise<Run> {
  const cwd = mkdtempSync(path.join(os.tmpdir(), "asof-stranger-"));
  const signal = new AbortController().signal;
  const run = await launchCli(["verify", "--url", url, ...argv], { cwd, signal, now: () => 0 }).ended;
  rmSync(cwd, { recursive: true });
  return run;
}

export interface StockRun {
  readonly exit: number;
  /** What the tools said on stderr, and sha256sum on stdout. */
  readonly said: string;
  /** Files below the checkpoint's folder, sorted. */
  readonly fetched: readonly string[];
}

/** The lines of the README, run as they stand there but for the names of mirror, time and key. */
export async function stockTools(mirror: {
  /** Of the base path, with its slash. */
  readonly base: string;
  readonly time: string;
  readonly repository?: string;
  /** Without one the lines about the signature are left out. */
  readonly key: Key | undefined;
}): Promise<StockRun> {
  const { base, time, repository = "repo", key } = mirror;
  const readme = readFileSync(path.join(import.meta.dirname, "../../README.md"), "utf8");
  const block = /<!-- stock-tools -->\n+```sh\n(.*?)```/s.exec(readme)?.[1] ?? "exit 99";
  const lines = block
    .replace(/^url=\S+ time=\S+/m, `url=${base.slice(0, -1)} time=${time}`)
    .replace("repository myfile", `repository ${repository}`)
    .split("\n")
    .filter((line) => key !== undefined || !line.includes("checkpoint.txt.asc"));
  const cwd = mkdtempSync(path.join(os.tmpdir(), "asof-stock-"));
  writeFileSync(path.join(cwd, "check.sh"), lines.join("\n").replaceAll("mirror.gpg", key?.keyring ?? ""));
  // Not spawnSync: the proxy lives in this process.
  const child = spawn("sh", ["check.sh"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child, "close");
  const folder = path.join(cwd, time);
  const tree = Object.entries(existsSync(folder) ? treeOf(folder) : {});
  const fetched = tree.flatMap(([name, text]) => (text.startsWith("f") ? [name] : [])).toSorted();
  rmSync(cwd, { recursive: true });
  const { exitCode } = child;
  if (exitCode === null || exitCode === 127 || exitCode === 99)
    throw new Error(`the README's lines cannot be run: ${said}`);
  return { exit: exitCode, said, fetched };
}

export function logLines(mirror: Mirror): readonly string[] {
  return readFileSync(mirror.file("state/repositories/repo/log"), "utf8").trimEnd().split("\n");
}

export function headOf(mirror: Mirror): string {
  const lines = logLines(mirror);
  return `${lines.length}:${sha256(lines.at(-1) ?? "")}`;
}

export function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
