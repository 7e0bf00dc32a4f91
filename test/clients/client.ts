import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { onTestFinished } from "vitest";

/** What a program said and how it ended. */
export interface ClientRun {
  readonly exit: number;
  /** Both streams. */
  readonly said: string;
}

export interface ClientOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, without the proxies and the configuration of whoever runs the tests. */
export function run(command: string, args: readonly string[], { cwd, env = {} }: ClientOptions = {}): ClientRun {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: cwd ?? os.tmpdir(),
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C.UTF-8", ...env },
  });
  if (error !== undefined) throw error;
  return { exit: status ?? -1, said: stdout + stderr };
}

/** `run`, and an error with everything said when it did not end well. */
export function ok(command: string, args: readonly string[], options: ClientOptions = {}): string {
  const { exit, said } = run(command, args, options);
  if (exit !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${exit}\n${said}`);
  return said;
}

/** Whether every one of these programs is installed. Where `CI` is set they must be: then an absent one throws, and the test file fails instead of being skipped. */
export function areInstalled(...commands: readonly string[]): boolean {
  const absent = commands.filter((command) => spawnSync("sh", ["-c", `command -v ${command}`]).status !== 0);
  if (absent.length > 0 && process.env["CI"] !== undefined && process.env["CI"] !== "") {
    throw new Error(`not installed: ${absent.join(" ")}; test/install.sh installs them`);
  }
  return absent.length === 0;
}

/** A folder that goes with the test. */
export function aFolder(above: string = os.tmpdir()): string {
  const folder = mkdtempSync(path.join(above, "asof-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
