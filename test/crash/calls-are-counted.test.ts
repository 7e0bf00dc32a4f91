import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { expect, it } from "vitest";

import { isInstalled } from "../servers/server.ts";
import { openCrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import { readCalls } from "./record/call.ts";
import { startRunner } from "./runner.ts";
import { scenarios } from "./scenarios.ts";

const isTraceable = isInstalled("strace", "-V");

it.skipIf(!isTraceable).each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  `every system call by which a run changes the disk is one that the harness counts (${isTraceable ? "seen by strace" : "strace is not installed"}): %s`,
  async (_, scenario) => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-calls-"));
    const dist = builtProgram();
    const runner = startRunner(dist);
    try {
      const project = openCrashProject(path.join(dir, "live"), runner);
      writeFileSync(path.join(dir, "reload.sh"), "");
      await scenario.prepare(project);
      const [record, trace] = [path.join(dir, "record"), path.join(dir, "trace")];
      const preload = path.join(import.meta.dirname, "faults.mjs");
      const { status, stderr } = spawnSync(
        "strace",
        [
          "-f",
          "-y",
          "-s",
          "4096",
          "-e",
          `trace=${traced.join(",")}`,
          "-o",
          trace,
          process.execPath,
          "--import",
          preload,
          path.join(dist, "cli", "main.js"),
          ...scenario.argv,
        ],
        {
          cwd: project.dir,
          encoding: "utf8",
          env: { ...process.env, ASOF_FAULTS: JSON.stringify({ record, clock: 1_742_310_218 }) },
        },
      );
      expect([0, 5], stderr).toContain(status);
      const counted = readCalls(record)
        .filter(({ call }) => call !== "spawn" && call !== "syncfs")
        .map((call) => `${call.call} ${call.call === "rename" || call.call === "link" ? (call.to ?? "") : call.path}`);
      const seen = seenCalls(readFileSync(trace, "utf8"), project.dir);
      expect(seen.length).toBeGreaterThan(30);
      expect(tally(seen)).toEqual(tally(counted));
    } finally {
      runner.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
  300_000,
);

/** Everything by which a process can change a file system, apart from what only special programs call. */
const traced = [
  "open,openat,creat,write,pwrite64,writev,pwritev,copy_file_range,sendfile,truncate,ftruncate,fallocate",
  "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir",
  "chmod,fchmod,fchmodat,chown,fchown,utimensat,futimesat,fsync,fdatasync,setxattr,ioctl",
];

/** The successful calls below `dir`, each as the harness names it. */
function seenCalls(trace: string, dir: string): readonly string[] {
  return wholeLines(trace).flatMap((line) => {
    const [, name = "", args = "", result = ""] = /^\d+ +(\w+)\((.*)\) += (-?\d+)/.exec(line) ?? [];
    // A file that is to be made in a folder which is not there yet is an attempt, and the harness counts those.
    const isAttempt = nameOf(name, args) === "open" && line.includes(" = -1 ENOENT ");
    if (result.startsWith("-") && !isAttempt) return [];
    const paths = [...args.matchAll(/"([^"]*)"|\d+<([^>]*)>/g)].map(([, quoted, open]) => quoted ?? open ?? "");
    const own = paths.filter((one) => one.startsWith(`${dir}/`) && !one.startsWith(`${dir}/origin`));
    const file = own.at(-1);
    const call = file === undefined ? undefined : nameOf(name, args);
    return call === undefined ? [] : [`${call} ${file ?? ""}`];
  });
}

/** A call during which another thread had its turn is shown in two lines. */
function wholeLines(trace: string): readonly string[] {
  const begun = new Map<string, string>();
  return trace.split("\n").flatMap((line) => {
    const [, thread = "", rest = ""] = /^(\d+) +(?:<\.\.\. \w+ resumed>)?(.*)$/.exec(line) ?? [];
    const first = begun.get(thread);
    begun.delete(thread);
    const whole = line.includes(" resumed>") ? `${first ?? ""}${rest}` : line;
    if (!whole.endsWith(" <unfinished ...>")) return [whole];
    begun.set(thread, whole.slice(0, -" <unfinished ...>".length));
    return [];
  });
}

function nameOf(name: string, args: string): string | undefined {
  if (/^(open|openat|creat)$/.test(name)) return /O_CREAT|O_TRUNC/.test(args) ? "open" : undefined;
  if (/write|copy_file_range|sendfile/.test(name)) return "write";
  if (name === "ioctl") return args.includes("FICLONE") ? "write" : undefined;
  if (name === "unlinkat") return args.includes("AT_REMOVEDIR") ? "rmdir" : "unlink";
  return new Map([
    ["truncate", "truncate"],
    ["ftruncate", "truncate"],
    ["rename", "rename"],
    ["renameat", "rename"],
    ["renameat2", "rename"],
    ["link", "link"],
    ["linkat", "link"],
    ["symlink", "symlink"],
    ["symlinkat", "symlink"],
    ["unlink", "unlink"],
    ["mkdir", "mkdir"],
    ["mkdirat", "mkdir"],
    ["rmdir", "rmdir"],
    ["chmod", "chmod"],
    ["fchmod", "chmod"],
    ["fchmodat", "chmod"],
    ["utimensat", "utimes"],
    ["fsync", "fsync"],
    ["fdatasync", "fsync"],
  ]).get(name);
}

/** How often each: the order of threads is nobody's business. */
function tally(calls: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  return [...counts].map(([call, count]) => `${count} ${call}`).toSorted();
}
