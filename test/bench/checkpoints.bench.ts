import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { writeLongHistory, writeLongSource } from "../helpers/long-history.ts";
import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";

/**
 * What a run costs with 10,000 checkpoints, as a ratio to the same run with 10: the whole process, start-up and durability included. Rounds alternate between the two and medians count, of seconds and of the
 * processor time of asof itself: on a shared machine only the second one says much. `ASOF_BENCH_CHECKPOINTS` (10000) and `ASOF_BENCH_ROUNDS` (7) make it smaller.
 *
 * Where the time went before, with 10,000 checkpoints of 51 files and rules for nginx, in seconds of processor time on a busy machine (a run with 10: 0.7 to publish, 0.55 with nothing to do):
 *
 * - publishing 2.0, a build with nothing to do 1.75. Every build rendered every list, TimeMap and rule and read its file to compare (0.5), asked for the record of each root by name (10,000 calls, 0.15), and made a
 *   time in four spellings for each row of the list with patterns (0.15); a third of all went into collecting what that left;
 * - the log was checked line by line by a schema, 20 µs each, and its history folded anew at each of the two or three appends of a run; the digests of all lines were copied for each new one;
 * - twelve barriers (`sync -f`), of which four protected nothing that another did not: the names of a checkpoint's proof, made durable before its pages were; a replaced plain tree, twice; the lists, apart from it.
 *
 * Now the log is read in parts, the chain of its digests checked as ever, usual lines by a pattern (4 µs each, parsing and digest included), and folded as it is read and as it grows. What was generated is
 * remembered (made-files.ts): made of the same and not touched means neither rendered nor read. Then: publishing 1.3 with 10,000 (0.75 with 10), a build with nothing to do 0.8 (0.55). What was left of the
 * difference was the log (0.2, half of it collecting garbage), and of a run that publishes the page that lists every checkpoint (0.1) and the rules (0.05).
 *
 * Since then a long log is hashed as a whole (5 ms) and its history read from columns (0.04), rows of the page are kept by year, what is about a year is made anew in its own year alone (it was in every one), a
 * folder of checkpoints that nobody touched is not listed, and the heap is kept small only once it is large. The difference is 0.2 for a run that publishes, 0.1 for a build with nothing to do, on a busy machine.
 */
const checkpoints = Number(process.env["ASOF_BENCH_CHECKPOINTS"] ?? 10_000);
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 7);
const few = 10;

describe(`${checkpoints} checkpoints`, () => {
  const rows: string[] = [];
  let program: Program;
  let dir = "";
  let serial = 0;

  beforeAll(async () => {
    program = buildProgram();
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    for (const count of [few, checkpoints]) await prepare(count);
  }, 3_600_000);
  afterAll(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
    const heading = `| run | ${few} checkpoints, s (processor) | ${checkpoints} | ratio | of processor time |`;
    process.stdout.write(`\n${heading}\n| --- | ---: | ---: | ---: | ---: |\n${rows.join("\n")}\n\n`);
  });

  it.each([
    ["nginx", ["nginx"]],
    ["all four servers", ["nginx", "apache", "caddy", "lighttpd"]],
  ])("with rules for %s", (name, servers) => {
    for (const count of [few, checkpoints]) {
      configure(count, servers);
      for (const argv of [["build"], ["update"], ["update"]]) run(count, argv);
    }
    compare(`publish one more, ${name}`, (count) => {
      writeFileSync(path.join(folderOf(count), "source/changing"), `bench ${(serial += 1)}\n`);
      return run(count, ["update"]);
    });
    for (const count of [few, checkpoints]) for (const argv of [["update"], ["update"]]) run(count, argv);
    compare(`update, nothing new, ${name}`, (count) => run(count, ["update"]));
    compare(`build, nothing to do, ${name}`, (count) => run(count, ["build"]));
  });

  function compare(what: string, once: (count: number) => Taken): void {
    const taken = Array.from({ length: rounds }, () => ({ few: once(few), many: once(checkpoints) }));
    const of = (pick: (round: (typeof taken)[number]) => number): number => median(taken.map(pick));
    const cell = (which: "few" | "many"): string =>
      `${of((round) => round[which].seconds).toFixed(2)} (${of((round) => round[which].processor).toFixed(2)})`;
    const ratio = of(({ few: a, many: b }) => b.seconds / a.seconds);
    const processor = of(({ few: a, many: b }) => b.processor / a.processor);
    rows.push(`| ${what} | ${cell("few")} | ${cell("many")} | ${ratio.toFixed(2)} | ${processor.toFixed(2)} |`);
  }

  function folderOf(count: number): string {
    return path.join(dir, String(count));
  }

  async function prepare(count: number): Promise<void> {
    const folder = folderOf(count);
    mkdirSync(folder);
    const content = new Map(
      Array.from({ length: 50 }, (_, index) => [`d${index % 5}/file${index}`, `content ${index}\n`]),
    );
    const newest = Math.floor(Date.now() / 1000) - 3600;
    await writeLongHistory(path.join(folder, "state"), {
      repository: "tree",
      checkpoints: count,
      newest,
      stepSeconds: 6 * 3600,
      content,
    });
    writeLongSource(path.join(folder, "source"), content, count);
  }

  function configure(count: number, servers: readonly string[]): void {
    const config = {
      site: { url: "https://mirror.example.org/" },
      servers,
      repositories: { tree: { remote: { type: "directory", path: "source" } } },
      distributions: {
        plain: { repository: "tree", base_path: "plain" },
        snapshots: { repository: "tree", base_path: "snapshots", checkpoint: true },
      },
    };
    writeFileSync(path.join(folderOf(count), "asof.json"), JSON.stringify(config));
  }

  function run(count: number, argv: readonly string[]): Taken {
    const used = path.join(dir, "used");
    const report = `import fs from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); fs.writeFileSync(${JSON.stringify(used)}, String((user + system) / 1e6)); });`;
    const hook = `data:text/javascript,${encodeURIComponent(report)}`;
    const main = path.join(program.dir, "dist/cli/main.js");
    const began = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ["--import", hook, main, ...argv, "--quiet"], {
      cwd: folderOf(count),
      encoding: "utf8",
    });
    const seconds = (performance.now() - began) / 1000;
    expect(status, stderr).toBe(0);
    return { seconds, processor: Number(readFileSync(used, "utf8")) };
  }
});

interface Taken {
  readonly seconds: number;
  readonly processor: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
