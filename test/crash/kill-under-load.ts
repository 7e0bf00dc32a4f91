import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { randomNumbers } from "./plan-cases.ts";
import { openCrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import { startRunner } from "./runner.ts";
import { startCrashServer } from "./server.ts";
import type { CrashServer } from "./server.ts";

const files = 60;

/**
 * Kills runs, their whole process group, at random moments of the time that such a run takes, while four clients read from the real nginx that asof reloads: old checkpoints, `latest`, the list and what it leads to,
 * random times. Each file says in which round it was offered, so that whatever a client gets can be judged: a checkpoint is of one round alone and stays so for ever, and no redirect or link leads to nothing. The last
 * run is let finish, and `asof verify` must find nothing.
 */
export async function killUnderLoad({ times, seed }: { readonly times: number; readonly seed: number }): Promise<{
  readonly problems: readonly string[];
  readonly killed: number;
  readonly answers: number;
}> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-kills-"));
  const dist = builtProgram();
  const runner = startRunner(dist);
  mkdirSync(path.join(dir, "live"));
  const server = await startCrashServer(dir);
  const project = openCrashProject(path.join(dir, "live"), runner);
  const random = randomNumbers(seed);
  const readers: Promise<void>[] = [];
  const judge = openJudge();
  const stop = { now: false };
  let killed = 0;
  try {
    project.configure({ top: { grace: "1h" } });
    project.offer(offered(0));
    await run(dist, project.dir, ["update"], undefined);
    project.offer(offered(1));
    const { tookMs } = await run(dist, project.dir, ["update"], undefined);
    await server.settle();
    for (let client = 0; client < 4; client++)
      readers.push(read(server, judge, randomNumbers(seed + client + 1), stop));
    for (let round = 2; round < times + 2; round++) {
      project.offer(offered(round));
      const { ended } = await run(dist, project.dir, ["update"], random() * tookMs);
      if (ended === "SIGKILL") killed += 1;
    }
    const last = await run(dist, project.dir, ["update"], undefined);
    if (last.ended !== 0) judge.add(`the last run ended with ${String(last.ended)}: ${last.err}`);
    await server.settle();
    const verified = await run(dist, project.dir, ["verify"], undefined);
    if (verified.ended !== 0) judge.add(`asof verify ended with ${String(verified.ended)}: ${verified.out}`);
  } finally {
    stop.now = true;
    await Promise.all(readers);
    runner.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return { problems: judge.problems(), killed, answers: judge.answers() };
}

function offered(round: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: files }, (_, index) => [`${index % 10}/${index}`, `round ${round}, file ${index}`]),
  );
}

interface Judge {
  add(problem: string): void;
  /** A file of a checkpoint as a client got it. */
  file(time: string, index: number, body: string): void;
  answered(count: number): void;
  problems(): readonly string[];
  answers(): number;
}

function openJudge(): Judge {
  const problems = new Set<string>();
  const rounds = new Map<string, string>();
  let answers = 0;
  return {
    add: (problem) => void problems.add(problem),
    file(time, index, body) {
      const [, round = "", file] = /^round (\d+), file (\d+)$/.exec(body) ?? [];
      if (file !== String(index)) problems.add(`${time}, file ${index}: ${JSON.stringify(body.slice(0, 60))}`);
      const before = rounds.get(time);
      rounds.set(time, round);
      if (before !== undefined && before !== round)
        problems.add(`${time} is of round ${before}, and of round ${round}`);
    },
    answered: (count) => void (answers += count),
    problems: () => [...problems],
    answers: () => answers,
  };
}

/** One client. */
async function read(server: CrashServer, judge: Judge, random: () => number, stop: { now: boolean }): Promise<void> {
  const base = "/snapshots/repo/";
  let times: readonly string[] = [];
  while (!stop.now) {
    const index = Math.floor(random() * files);
    const inside = `${index % 10}/${index}`;
    const asked = [`${base}latest/${inside}`];
    const first = times[0];
    const newest = times.at(-1);
    if (first !== undefined && newest !== undefined) {
      asked.push(`${base}${times[Math.floor(random() * times.length)] ?? first}/${inside}`);
      asked.push(`${base}${between(first, newest, random())}/${inside}`);
    }
    const answers = await server.get([base, ...asked]);
    judge.answered(answers.length);
    const [list, ...rest] = answers;
    if (list?.status !== 200) judge.add(`the list answers ${list?.status}`);
    const listed = [...(list?.body.toString() ?? "").matchAll(/href="\.\/(\d{8}T\d{6}Z)\/"/g)].map(
      ([, time = ""]) => time,
    );
    times = listed.toSorted();
    for (const [at, answer] of rest.entries()) {
      const target = answer.headers.get("location") ?? asked[at] ?? "";
      const [found] = answer.status === 301 || answer.status === 302 ? await server.get([target]) : [answer];
      judge.answered(1);
      if (found?.status !== 200) judge.add(`${asked[at]} leads to ${target}, which answers ${found?.status}`);
      else judge.file(target.slice(base.length, base.length + 16), index, found.body.toString());
    }
    // What the list names is there.
    const [shown] = times.length === 0 ? [] : await server.get([`${base}${times.at(-1)}/${inside}`]);
    if (shown !== undefined && shown.status !== 200)
      judge.add(`the list names ${times.at(-1)}, which answers ${shown.status}`);
    await sleep(5);
  }
}

/** A second between two. */
function between(first: string, last: string, share: number): string {
  const seconds = (text: string): number =>
    Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
  const at = seconds(first) + Math.floor(share * (seconds(last) - seconds(first) + 1));
  return new Date(at * 1000).toISOString().replaceAll(/[-:]|\.000/g, "");
}

async function run(
  dist: string,
  cwd: string,
  argv: readonly string[],
  killAfterMs: number | undefined,
): Promise<{
  readonly ended: number | string | null;
  readonly tookMs: number;
  readonly out: string;
  readonly err: string;
}> {
  const begun = performance.now();
  const child = spawn(process.execPath, [path.join(dist, "cli", "main.js"), ...argv], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (said.err += chunk.toString()));
  const closed = once(child, "close");
  if (killAfterMs !== undefined) {
    await Promise.race([sleep(killAfterMs), closed]);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, "SIGKILL");
  }
  await closed;
  return { ended: child.exitCode ?? child.signalCode, tookMs: performance.now() - begun, ...said };
}
