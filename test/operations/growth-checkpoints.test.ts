import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { writeLongHistory, writeLongSource } from "../helpers/long-history.ts";
import { isInstalled } from "../servers/server.ts";
import { buildProgram } from "./program.ts";
import type { Program } from "./program.ts";

/**
 * What a run costs with 10 checkpoints and with 2,000, counted and not timed. Whatever grows with the number of checkpoints is told here by name:
 *
 * - system calls: one look at each of at most 256 folders of records, at each year's list and TimeMap, at each thousand lines of the log; a quarter of a megabyte of the log in a read, and a few hundred names of
 *   the list of checkpoints in a getdents; the records of at most 16 checkpoints that are as large as the new one;
 * - bytes written by a run that publishes: the lists that name every checkpoint (`lists` below), the file with the history of the name that changed, which has 24 kB at most, and what is remembered of generated files. A run with nothing new writes the same few bytes always.
 */
const few = 10;
const many = 2000;
const allowedCalls = 256 + 200;
const lists =
  /\/(?:index\.html|checkpoints\.json|checkpoints\.txt|feed\.atom|renovate\.json|\d{4}\.json|\d{4}(?:-\d\d)?\.html|n-[^/]*\.json|timemap(?:\/\d{4})?|\d{6}\.jsonl|http\.conf|made\.json)$/;

const isTraceable = isInstalled("strace", "-V");

describe.skipIf(!isTraceable)("with 2,000 checkpoints in place of 10", () => {
  let program: Program;
  let dir = "";
  beforeAll(async () => {
    program = buildProgram();
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-growth-"));
    for (const checkpoints of [few, many]) await prepare(path.join(dir, String(checkpoints)), checkpoints);
  }, 300_000);
  afterAll(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("a run with nothing new opens no more files, and writes the same", () => {
    const [before, after] = [few, many].map((checkpoints) => count(checkpoints, ["update"]));
    expect(after?.calls).toBeLessThan((before?.calls ?? 0) + allowedCalls);
    expect(after?.opened).toBeLessThan((before?.opened ?? 0) + 10);
    // What was written a moment before the run is written down once more by it, at either size.
    expect(after?.written).toBeLessThanOrEqual((before?.written ?? 0) + 100);
    expect(after?.inodes).toBe(before?.inodes);
  });

  it("and so does a build with nothing to do", () => {
    const [before, after] = [few, many].map((checkpoints) => count(checkpoints, ["build"]));
    expect(after?.calls).toBeLessThan((before?.calls ?? 0) + allowedCalls);
    expect(after?.written).toBe(before?.written);
  });

  it("a run that publishes makes no more inodes, and writes more into the lists alone", () => {
    const [before, after] = [few, many].map((checkpoints) => {
      writeFileSync(path.join(dir, String(checkpoints), "source/changing"), `${checkpoints + 1}\n`);
      return count(checkpoints, ["update"]);
    });
    expect(after?.calls).toBeLessThan((before?.calls ?? 0) + allowedCalls);
    expect(after?.opened).toBeLessThan((before?.opened ?? 0) + 40);
    // Fewer: of the folders that are named by two digits all are there.
    expect(after?.inodes).toBeLessThanOrEqual((before?.inodes ?? 0) + 4);
    expect(after?.written).toBeLessThan((before?.written ?? 0) + 1024);
    // Those of the year of the new checkpoint, and at its turn those of the one before: there are five.
    expect(after?.yearFiles).toBeLessThanOrEqual(4);
  });

  async function prepare(folder: string, checkpoints: number): Promise<void> {
    mkdirSync(folder);
    const content = new Map(
      Array.from({ length: 20 }, (_, index) => [`d${index % 4}/file${index}`, `content ${index}\n`]),
    );
    const newest = Math.floor(Date.now() / 1000) - 3600;
    const history = { repository: "tree", checkpoints, newest, stepSeconds: 18 * 3600, content };
    await writeLongHistory(path.join(folder, "state"), history);
    writeLongSource(path.join(folder, "source"), content, checkpoints);
    writeFileSync(
      path.join(folder, "asof.json"),
      JSON.stringify({
        site: { url: "https://mirror.example.org/" },
        servers: ["nginx"],
        repositories: { tree: { remote: { type: "directory", path: "source" } } },
        distributions: {
          plain: { repository: "tree", base_path: "plain" },
          snapshots: { repository: "tree", base_path: "snapshots", checkpoint: true },
        },
      }),
    );
    // The second run has what the first one remembers; a source that was only just written is not believed yet.
    for (const argv of [["build"], ["update"], ["update"], ["build"]]) expect(await program.run(folder, argv)).toBe(0);
  }

  /** Runs asof below strace. */
  function count(checkpoints: number, argv: readonly string[]): Counted {
    const folder = path.join(dir, String(checkpoints));
    const before = inodesIn(folder);
    // A file for each thread: in one for all, a call during which another thread makes one is torn in two lines.
    const traces = mkdtempSync(path.join(dir, "traces-"));
    const main = path.join(program.dir, "dist/cli/main.js");
    const traced = [
      "-ff",
      "-y",
      "-s",
      "4096",
      "-e",
      "trace=%file,%desc",
      "-o",
      path.join(traces, "of"),
      process.execPath,
      main,
      ...argv,
    ];
    const { status, stderr } = spawnSync("strace", traced, { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const calls = readdirSync(traces)
      .flatMap((name) => readFileSync(path.join(traces, name), "utf8").split("\n"))
      .filter((line) => line.includes(`${folder}/`));
    const written = calls.flatMap((line) => {
      const [, file = "", bytes = ""] = /^p?write(?:64|v)?\(\d+<([^>]*)>.* = (\d+)$/.exec(line) ?? [];
      return file === "" || lists.test(file.replace(/\.asof-new-/, "")) || isStagedList(file, calls)
        ? []
        : [Number(bytes)];
    });
    return {
      calls: calls.length,
      opened: calls.filter((line) => /^openat?\(/.test(line)).length,
      written: written.reduce((sum, bytes) => sum + bytes, 0),
      inodes: inodesIn(folder) - before,
      yearFiles: new Set(calls.flatMap((line) => /openat\([^"]*"([^"]*\/\d{4}(?:\.json)?)"/.exec(line)?.[1] ?? []))
        .size,
    };
  }
});

interface Counted {
  /** System calls that name a file of the project. */
  readonly calls: number;
  readonly opened: number;
  /** Bytes written to files other than lists. */
  readonly written: number;
  /** How many more there are than before. */
  readonly inodes: number;
  /** Lists and TimeMaps of a year that were opened. */
  readonly yearFiles: number;
}

/** Lists are staged under names of their own, and renamed. */
function isStagedList(file: string, calls: readonly string[]): boolean {
  const rename = calls.find((line) => line.includes(`rename("${file}", `));
  const to = /rename\("[^"]*", "([^"]*)"/.exec(rename ?? "")?.[1];
  return to !== undefined && lists.test(to);
}

function inodesIn(folder: string): number {
  const seen = new Set<number>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    seen.add(lstatSync(path.join(folder, entry)).ino);
  return seen.size;
}
