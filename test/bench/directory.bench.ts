import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";
import { changeSome, writeLargeTree } from "./large-tree.ts";
import { measuredRun, median } from "./measured-run.ts";
import type { MeasuredRun } from "./measured-run.ts";

/**
 * What a checkpoint of a directory costs, whole process and durable, as ratios to find, rsync, restic and cp on the same tree in the same call. Rounds alternate, and the median of each counts, because a shared machine
 * is faster in one minute than in the next.
 *
 * Where the time went, 100,000 files in 26,000 directories on two processors: an unchanged tree took 6.7 s, of which reading 26,000 records of the version before was the most, then the walk, and stat caches as text. Now it
 * is one lstat a name in two threads (0.35 s), and loading 490 modules (0.35 s) is the larger half. First ingest took 62 s: ten asynchronous calls a file through the thread pool, every page rendered twice, each record read
 * three times. What is left is some fifteen system calls a file and twelve a directory, a third of them in two threads, and collecting garbage under --optimize-for-size (8 s of it; without, the peak is 480 MiB).
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 5);
const files = Number(process.env["ASOF_BENCH_FILES"] ?? 100_000);

describe(`a checkpoint of a directory with ${files} files`, () => {
  let dir = "";
  let program: Program;
  const lines: string[] = [];
  const peaks: number[] = [];
  const inDir = (name: string): string => path.join(dir, name);

  beforeAll(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    program = buildProgram();
    for (const name of ["tree", "flat", "mirror", "flat-mirror"]) mkdirSync(inDir(name));
    writeLargeTree(inDir("tree"), files);
    for (let index = 0; index < files / 5; index++) writeFileSync(inDir(`flat/file-${index}`), randomBytes(1000));
    configure("mirror", "tree");
    configure("flat-mirror", "flat");
  }, 600_000);
  afterAll(() => {
    process.stdout.write(`\n${lines.join("\n")}\npeak memory ${Math.max(...peaks)} MiB\n\n`);
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("is taken at the cost of what changed", async () => {
    execFileSync("sync", ["-f", dir]);
    const first = await update("mirror");
    const copied = await shell(`rsync -a tree/ copy/ && sync -f copy`);
    report("first ingest / rsync, sync", first, copied, 1.25);

    const quiet = await alternate(
      () => update("mirror"),
      () => shell("find tree -type f -printf '%s %T@ %p\\n'"),
    );
    report("unchanged / find", quiet.ours, quiet.theirs, 1.5);
    const linked = await shell("rsync -a --link-dest=../copy tree/ copy-2/ && sync -f copy");
    report("unchanged / rsync --link-dest", quiet.ours, linked, 1 / 8);
    await shell("export RESTIC_PASSWORD=x; restic -q -r vault init && restic -q -r vault backup tree");
    const restic = await shell("RESTIC_PASSWORD=x restic -q -r vault backup tree");
    report("unchanged / restic backup", quiet.ours, restic, 1 / 4);

    const find = await shell("find tree -type f -printf '%s %T@ %p\\n'");
    changeSome(inDir("tree"), 100);
    await sleep(2500);
    const [changed, changedInodes] = await inodes(() => update("mirror"));
    report("1,000 files changed in 100 directories / find", changed, find, 3);
    lines.push(`  inodes ${changedInodes}, of ${1000 + 2 * 103 + 100}`);
    const [forced, forcedInodes] = await inodes(() => update("mirror", "--always"));
    report("forced / find", forced, find, 2);
    lines.push(`  inodes ${forcedInodes}, of 20`);

    const [pages, rebuild] = [allPages(inDir("mirror/public")), ["build", "--quiet"]];
    writeFileSync(inDir("pages.jsonl"), pages.map((file) => `${JSON.stringify(file)}\n`).join(""));
    configure("mirror", "tree", "Another title");
    const rebuilt = await asof("mirror", ...rebuild);
    const written = await shell(`"${process.execPath}" "${writeFiles}" pages.jsonl mirror/written`);
    report(`full rebuild of ${pages.length} pages / writing them`, rebuilt, written, 2);

    await update("flat-mirror");
    for (let index = 0; index < 10; index++) writeFileSync(inDir(`flat/file-${index * 7}`), randomBytes(1000));
    await sleep(2500);
    const [flat, flatInodes] = await inodes(() => update("flat-mirror"));
    report(
      `flat, ${files / 5} files, 10 changed / cp -al`,
      flat,
      await shell("cp -al flat flat-copy && sync -f flat"),
      1,
    );
    lines.push(`  inodes ${flatInodes}, of 50`);
    expect(lines.length).toBeGreaterThan(8);
  }, 3_600_000);

  function configure(mirror: string, source: string, title = "A title"): void {
    writeFileSync(
      inDir(`${mirror}/asof.yaml`),
      `site: { title: ${title} }\nrepositories:\n  tree:\n    remote: { type: directory, path: ../${source} }\ndistributions:\n  tree: { repository: tree, base_path: tree, checkpoint: true }\n`,
    );
  }

  function update(mirror: string, ...options: readonly string[]): Promise<MeasuredRun> {
    return asof(mirror, "update", "--quiet", ...options);
  }

  async function asof(mirror: string, ...args: readonly string[]): Promise<MeasuredRun> {
    const argv = [process.execPath, path.join(program.dir, "dist/cli/main.js"), ...args];
    const run = await measuredRun(argv, { cwd: inDir(mirror), folder: dir });
    peaks.push(run.peakMebibytes);
    return run;
  }

  function shell(command: string): Promise<MeasuredRun> {
    return measuredRun(["sh", "-c", command], { cwd: dir, folder: dir });
  }

  /** Files and directories that came into being. */
  async function inodes(work: () => Promise<MeasuredRun>): Promise<readonly [MeasuredRun, number]> {
    const before = statfsSync(dir).ffree;
    const run = await work();
    return [run, before - statfsSync(dir).ffree];
  }

  function report(what: string, ours: MeasuredRun, theirs: MeasuredRun, target: number): void {
    const ratio = (ours.seconds / theirs.seconds).toFixed(2);
    const shown = ({ seconds, cpuSeconds }: MeasuredRun): string =>
      `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} cpu)`;
    lines.push(`${what}: ${shown(ours)} / ${shown(theirs)} = ${ratio}, target ${target.toFixed(2)}`);
  }
});

const writeFiles = path.join(import.meta.dirname, "write-files.mjs");

/** Every page below a folder, each once: links are not followed. */
function allPages(folder: string): readonly { readonly path: string; readonly content: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "index.html")
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ path: file, content: readFileSync(file, "utf8") }));
}

/** The median run of each of two that take turns. */
async function alternate(
  ours: () => Promise<MeasuredRun>,
  theirs: () => Promise<MeasuredRun>,
): Promise<{ readonly ours: MeasuredRun; readonly theirs: MeasuredRun }> {
  const mine: MeasuredRun[] = [];
  const others: MeasuredRun[] = [];
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await ours(), await theirs()];
    // The first round warms the cache.
    if (round === 0) continue;
    mine.push(one);
    others.push(other);
  }
  return { ours: middleOf(mine), theirs: middleOf(others) };
}

function middleOf(runs: readonly MeasuredRun[]): MeasuredRun {
  const seconds = median(runs.map((run) => run.seconds));
  const found = runs.find((run) => run.seconds === seconds);
  if (found === undefined) throw new Error("the median is one of the runs");
  return found;
}
