import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commands } from "../../src/cli/commands/index.ts";
import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";
import { measuredRun, median } from "./measured-run.ts";
import type { MeasuredRun } from "./measured-run.ts";

/**
 * `asof --help` as a ratio to a program that is nothing but yargs with the same commands. Rounds alternate between the two, and the median of their ratios counts, because a shared machine is faster
 * in one minute than in the next.
 *
 * Where the time goes (processor seconds, the least of nine runs, two busy processors, Node 20.20): an empty program 0.06, `asof --help` 0.09, yargs 0.14. Help without a command loads neither
 * yargs nor any command (cli/program-help.ts). fast-glob (0.04) and undici come with the source that needs them. `asof build` with nothing to do took 0.59 and takes 0.37 since modules, zod and yaml are
 * joined into few files (build.mjs: 346 files were found, read and compiled, now a dozen; joining yargs, whose English messages are those in its code, was 0.05 of it), and yargs lays out
 * no help that nobody asked for. A fifth of what is left is Node itself, a sixth compiling, a tenth trying whether the rules can be written (operations/build/check-expressible.ts).
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 15);

describe("asof --help", () => {
  let dir = "";
  let program: Program;
  beforeAll(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    program = buildProgram();
    writeFileSync(path.join(dir, "yargs.mjs"), yargsProgram());
  });
  afterAll(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("takes no longer than 1.1 times a bare yargs program with the same commands", async () => {
    const run = (argv: readonly string[]): Promise<MeasuredRun> =>
      measuredRun([process.execPath, ...argv], { cwd: dir, folder: dir });
    const main = path.join(program.dir, "dist/cli/main.js");
    const results: { readonly bare: MeasuredRun; readonly ours: MeasuredRun }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const result = { bare: await run(["yargs.mjs", "--help"]), ours: await run([main, "--help"]) };
      // The first round warms the cache.
      if (round > 0) results.push(result);
    }
    const cpu = (pick: (result: (typeof results)[number]) => MeasuredRun): string =>
      median(results.map((result) => pick(result).cpuSeconds)).toFixed(2);
    const ratio = median(results.map(({ bare, ours }) => ours.seconds / bare.seconds));
    const peak = Math.max(...results.map(({ ours }) => ours.peakMebibytes));
    process.stdout.write(
      `\nasof --help ${cpu(({ ours }) => ours)} s of processor time, yargs ${cpu(({ bare }) => bare)} s, ratio of times ${ratio.toFixed(2)}, peak ${peak} MiB\n\n`,
    );
    expect(results.length).toBe(rounds);
  });
});

function yargsProgram(): string {
  const root = path.join(import.meta.dirname, "../..");
  const yargs = pathToFileURL(path.join(root, "node_modules/yargs/index.mjs")).href;
  const added = commands.map(({ name, summary }) => `.command(${JSON.stringify(name)}, ${JSON.stringify(summary)})`);
  return `import yargs from ${JSON.stringify(yargs)};\nawait yargs(process.argv.slice(2)).scriptName("asof")${added.join("")}.help().parseAsync();\n`;
}
