import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { openCrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import { startRunner } from "./runner.ts";

/**
 * Starts asof so many times at once, again and again, on one state directory; the reload command of whoever works writes down when it begins and ends. Returns what was wrong: two at work at the same time, one
 * that was refused and did not say by whom, a refused one that did anything.
 */
export async function startManyAtOnce({
  rounds,
  starts,
}: {
  readonly rounds: number;
  readonly starts: number;
}): Promise<readonly string[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-starts-"));
  const dist = builtProgram();
  const problems: string[] = [];
  const runner = startRunner(dist);
  try {
    // Who works makes a directory that only one can have made, and works long enough to be met.
    writeFileSync(
      path.join(dir, "reload.sh"),
      "mkdir ../at-work || echo twice >> ../overlaps; sleep 1; rmdir ../at-work\n",
    );
    writeFileSync(path.join(dir, "overlaps"), "");
    const project = openCrashProject(path.join(dir, "live"), runner);
    project.configure({});
    for (let round = 0; round < rounds; round++) {
      project.offer({ a: `round ${round}` });
      const ended = await Promise.all(Array.from({ length: starts }, () => start(dist, project.dir)));
      const worked = ended.filter(({ exit }) => exit === 0).length;
      if (worked === 0) problems.push(`round ${round}: nobody worked`);
      for (const { exit, err } of ended) {
        if (exit === 0) continue;
        const names = new RegExp(
          String.raw`another run is at work: (asof update, process \d+ on ${os.hostname()}, since \d|it has not said who it is yet)`,
        );
        if (exit !== 75 || !names.test(err)) problems.push(`round ${round}: exit ${exit}: ${err}`);
      }
    }
    const overlaps = readFileSync(path.join(dir, "overlaps"), "utf8");
    if (overlaps !== "") problems.push(`two worked at the same time: ${overlaps}`);
    const log = readFileSync(project.file("state/repositories/repo/log"), "utf8").trim().split("\n");
    const numbers = log.map((line) => /"n":(\d+)/.exec(line)?.[1]);
    if (numbers.some((number, index) => number !== String(index)))
      problems.push(`the log is not one sequence: ${numbers.join(" ")}`);
    return problems;
  } finally {
    runner.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function start(dist: string, cwd: string): Promise<{ readonly exit: number | null; readonly err: string }> {
  const child = spawn(process.execPath, [path.join(dist, "cli", "main.js"), "update"], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  await once(child, "close");
  return { exit: child.exitCode, err };
}
