import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { randomNumbers } from "./plan-cases.ts";
import { openCrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import { startRunner } from "./runner.ts";

/**
 * Starts runs that have something to do and sends `signal` to their whole process group, as a terminal does, at random moments of the time that such a run takes. Returns what was wrong, and how many were
 * interrupted before they were done.
 */
export async function interruptAtRandom(options: {
  readonly signal: "SIGINT" | "SIGTERM";
  readonly exit: number;
  readonly times: number;
  readonly seed: number;
}): Promise<{ readonly problems: readonly string[]; readonly interrupted: number }> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-signals-"));
  const dist = builtProgram();
  const runner = startRunner(dist);
  const random = randomNumbers(options.seed);
  const problems: string[] = [];
  let interrupted = 0;
  try {
    writeFileSync(path.join(dir, "reload.sh"), "");
    const project = openCrashProject(path.join(dir, "live"), runner);
    project.configure({});
    const files = (round: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`${index % 20}/${index}`, `round ${round}, file ${index}`]),
      );
    project.offer(files(0));
    // What a run like those to come takes: the first one makes more.
    await runAndSignal(dist, project.dir, undefined);
    project.offer(files(-1));
    const measured = await runAndSignal(dist, project.dir, undefined);
    // On a busy machine a few runs may all be done before the signal comes.
    for (let round = 1; round <= options.times || (interrupted === 0 && round <= options.times + 20); round++) {
      project.offer(files(round));
      const { exit, err, tookMs } = await runAndSignal(dist, project.dir, {
        signal: options.signal,
        afterMs: random() * measured.tookMs,
      });
      const add = (problem: string): void => void problems.push(`round ${round}: ${problem}: ${err}`);
      if (exit === options.exit) interrupted += 1;
      // Before its handlers stand a program ends as the kernel ends it.
      else if (exit !== 0 && exit !== options.signal) add(`exit ${String(exit)}`);
      if (tookMs > 5_000) add(`it took ${Math.round(tookMs)} ms to end`);
      if (spawnSync("flock", ["-n", project.file("state/lock"), "true"]).status !== 0) add("the lock is held");
      if (exit !== options.signal) {
        // A run that is interrupted while it takes apart what is out of sight leaves the rest to the next one.
        for (const folder of exit === 0 ? ["incoming", "trash"] : ["incoming"]) {
          const left = readdirSync(project.file(`state/${folder}`));
          if (left.length > 0) add(`state/${folder} holds ${left.join(" ")}`);
        }
      }
      const temporary = readdirSync(project.dir, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.includes(".asof-new-"),
      );
      if (temporary.length > 0 && exit !== options.signal) add(`left ${temporary.join(" ")}`);
      const next = await runAndSignal(dist, project.dir, undefined);
      if (next.exit !== 0) add(`the next run: exit ${String(next.exit)}: ${next.err}`);
    }
    return { problems, interrupted };
  } finally {
    runner.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** How a run ended (a code, or the signal that ended it), and how long it took from the signal on, or as a whole. */
async function runAndSignal(
  dist: string,
  cwd: string,
  interruption: { readonly signal: NodeJS.Signals; readonly afterMs: number } | undefined,
): Promise<{ readonly exit: number | string | null; readonly err: string; readonly tookMs: number }> {
  const child = spawn(process.execPath, [path.join(dist, "cli", "main.js"), "update"], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const closed = once(child, "close");
  let begun = performance.now();
  if (interruption !== undefined) {
    await Promise.race([sleep(interruption.afterMs), closed]);
    begun = performance.now();
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, interruption.signal);
  }
  await closed;
  return { exit: child.exitCode ?? child.signalCode, err, tookMs: performance.now() - begun };
}
