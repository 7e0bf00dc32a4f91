import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { changeSome, writeLargeTree } from "../bench/large-tree.ts";
import { isInstalled } from "../servers/server.ts";
import { buildProgram } from "./program.ts";
import type { Program } from "./program.ts";

/**
 * What a checkpoint of a directory costs, counted and not timed: system calls, inodes, bytes. 4,000 files in 1,040 directories; a run that changes nothing, one that changes little, one that is forced, and the first
 * one of all.
 */
const files = 4000;
const directories = 1040;

const isTraceable = isInstalled("strace", "-V");

describe.skipIf(!isTraceable)(`a checkpoint of a directory with ${files} files`, () => {
  let program: Program;
  let dir = "";
  let first: Counted;
  beforeAll(async () => {
    program = buildProgram();
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-growth-"));
    mkdirSync(path.join(dir, "tree"));
    writeLargeTree(path.join(dir, "tree"), files);
    mkdirSync(path.join(dir, "mirror"));
    writeFileSync(
      path.join(dir, "mirror/asof.json"),
      JSON.stringify({
        site: { url: "https://mirror.example.org/" },
        repositories: { tree: { remote: { type: "directory", path: "../tree" } } },
        distributions: { snapshots: { repository: "tree", base_path: "snapshots", checkpoint: true } },
      }),
    );
    // Files that were only just written are looked at twice.
    await sleep(2500);
    first = update();
    update();
  }, 300_000);
  afterAll(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("gives whole folders their names the first time, and a few calls to each file and directory", () => {
    // 256 folders each of content, records, published records and directories.
    expect(first.renames).toBeLessThan(4 * 256 + 100);
    expect(first.calls).toBeLessThan(20 * files + 25 * directories + 6000);
  });

  it("looks at each name once where nothing changed, opens none of them, and makes nothing", () => {
    const counted = update();
    expect(counted.sourceCalls).toBeLessThan(files + 2.2 * directories + 50);
    expect(counted.sourceOpens).toBeLessThan(10);
    expect(counted.inodes).toBe(0);
  });

  it("makes an inode for each file that changed, and four for each directory on the way to it", async () => {
    changeSome(path.join(dir, "tree"), 10);
    await sleep(2500);
    const counted = update();
    // The folders that are named by two digits are not all there.
    const folders = 3 * 13 + 100;
    expect(counted.inodes).toBeLessThanOrEqual(100 + 4 * 13 + 12 + folders);
    expect(counted.sourceOpens).toBeLessThan(250);
    update();
  });

  it("makes a handful of inodes and a few kilobytes for a forced checkpoint of the same content", () => {
    const counted = update("--always");
    expect(counted.inodes).toBeLessThanOrEqual(20);
    expect(counted.blocks * 512).toBeLessThanOrEqual(128 * 1024);
  });

  /** Runs asof below strace. */
  function update(...options: readonly string[]): Counted {
    const folder = path.join(dir, "mirror");
    const before = inodesIn(folder);
    const trace = path.join(dir, "trace");
    const main = path.join(program.dir, "dist/cli/main.js");
    const traced = ["-f", "-y", "-e", "trace=%file,%desc", "-o", trace, process.execPath, main, "update", ...options];
    const { status, stderr } = spawnSync("strace", traced, { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const calls = readFileSync(trace, "utf8").split("\n");
    const ofSource = calls.filter((line) => line.includes(`${dir}/tree/`));
    const isFileOpen = (line: string): boolean => /^\d+ +openat?\(/.test(line) && !line.includes("O_DIRECTORY");
    const after = inodesIn(folder);
    return {
      calls: calls.filter((line) => line.includes(`${dir}/`)).length,
      renames: calls.filter((line) => /^\d+ +rename/.test(line)).length,
      sourceCalls: ofSource.length,
      sourceOpens: ofSource.filter(isFileOpen).length,
      inodes: after.size - before.size,
      blocks: sumOf(after.values()) - sumOf(before.values()),
    };
  }
});

interface Counted {
  /** System calls that name a file of the source or the mirror. */
  readonly calls: number;
  readonly renames: number;
  readonly sourceCalls: number;
  readonly sourceOpens: number;
  /** How many more there are than before. */
  readonly inodes: number;
  /** Of 512 bytes: how many more there are than before. */
  readonly blocks: number;
}

function sumOf(numbers: Iterable<number>): number {
  return [...numbers].reduce((sum, number) => sum + number, 0);
}

/** Blocks by inode. */
function inodesIn(folder: string): ReadonlyMap<number, number> {
  const seen = new Map<number, number>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const { ino, blocks } = lstatSync(path.join(folder, entry));
    seen.set(ino, blocks);
  }
  return seen;
}
