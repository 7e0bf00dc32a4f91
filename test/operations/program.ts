import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The program as it is installed, for what only a process of its own can show: its environment, umask and signals. */
export interface Program {
  /** Where it is: `dist/cli/main.js` below it is what Node runs. */
  readonly dir: string;
  /** Starts it; `umask` in octal digits. */
  start(
    cwd: string,
    argv: readonly string[],
    options?: { env?: Readonly<Record<string, string>>; umask?: string },
  ): ChildProcess;
  /** Runs it to its end; the exit code. */
  run(
    cwd: string,
    argv: readonly string[],
    options?: { env?: Readonly<Record<string, string>>; umask?: string },
  ): Promise<number | null>;
  remove(): void;
}

const root = path.join(import.meta.dirname, "../..");

/** Builds it into a folder of its own: dist/ may be of another day. */
export function buildProgram(): Program {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-program-"));
  for (const name of ["templates", "node_modules", "package.json"]) {
    symlinkSync(path.join(root, name), path.join(dir, name));
  }
  const built = spawnSync(process.execPath, [path.join(root, "build.mjs"), path.join(dir, "dist")], {
    encoding: "utf8",
  });
  const main = path.join(dir, "dist/cli/main.js");
  if (built.status !== 0) throw new Error(`asof cannot be built: ${built.stdout}${built.stderr}`);
  const start: Program["start"] = (cwd, argv, { env = {}, umask = "022" } = {}) =>
    spawn("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", process.execPath, main, ...argv], {
      cwd,
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
  return {
    dir,
    start,
    async run(cwd, argv, options) {
      const child = start(cwd, argv, options);
      await once(child, "close");
      return child.exitCode;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
