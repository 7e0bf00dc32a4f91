import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";
import { freePort, waitUntilOpen } from "../servers/server-process.ts";
import { processesListeningOn, usageOf } from "./listening-processes.ts";
import { median } from "./measured-run.ts";
import { load } from "./wrk.ts";

/**
 * Requests per second of `asof serve` for a small file of a checkpoint, as a ratio to `serve` from npm for the same file. Rounds alternate between the two, and the median of their ratios counts, because
 * a shared machine is faster in one minute than in the next. `serve` is installed into a temporary folder.
 *
 * Where the time went: asof made six trips through the thread pool for each file and streamed it (0.31 to 0.45 of the requests of `serve`). Those calls take microseconds in a disk's cache, so they are made at
 * once now, and a file up to 64 KiB is sent in one piece: 136 to 218 µs of processor time a request, `serve` 322 to 405. Of what is left a third is writing to the socket.
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 7);
const seconds = Number(process.env["ASOF_BENCH_SECONDS"] ?? 2);

describe("asof serve", () => {
  let dir = "";
  let program: Program;
  const running: ChildProcess[] = [];
  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    program = buildProgram();
    mkdirSync(path.join(dir, "source"));
    writeFileSync(path.join(dir, "source/small.txt"), "a small file\n".repeat(80));
    const distributions = { all: { repository: "repo", base_path: "all", checkpoint: true } };
    const repositories = { repo: { remote: { type: "directory", path: "source" } } };
    writeFileSync(path.join(dir, "asof.json"), JSON.stringify({ repositories, distributions }));
    if ((await program.run(dir, ["update"])) !== 0) throw new Error("there is nothing to serve");
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", path.join(dir, "npm"), "serve"]);
  });
  afterAll(async () => {
    for (const child of running) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("answers as many requests for a small file as serve from npm", async () => {
    const time = readdirSync(path.join(dir, "public/all")).find((name) => name.endsWith("Z")) ?? "";
    const targets = [`/all/${time}/small.txt`];
    const asof = await start((port) => [
      path.join(program.dir, "dist/cli/main.js"),
      "serve",
      "--strict-port",
      `--port=${port}`,
    ]);
    const serve = await start((port) => [
      path.join(dir, "npm/node_modules/serve/build/main.js"),
      "--no-clipboard",
      "--no-request-logging",
      "--no-port-switching",
      `--listen=tcp://127.0.0.1:${port}`,
      path.join(dir, "public"),
    ]);
    const rows: { readonly ours: number; readonly theirs: number; readonly errors: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const ours = await load({ port: asof, targets, seconds, connections: 32, folder: dir });
      const theirs = await load({ port: serve, targets, seconds, connections: 32, folder: dir });
      // The first round is before the compiler had its turn.
      if (round === 0) continue;
      const errors = ours.errors + theirs.errors;
      rows.push({ ours: ours.requestsPerSecond, theirs: theirs.requestsPerSecond, errors });
    }
    const perSecond = (values: readonly number[]): string => median(values).toFixed(0);
    const memory = usageOf(processesListeningOn(asof)).anonymousBytes / 2 ** 20;
    process.stdout.write(
      `\nasof serve ${perSecond(rows.map(({ ours }) => ours))}/s, serve ${perSecond(rows.map(({ theirs }) => theirs))}/s, ratio ${median(rows.map(({ ours, theirs }) => ours / theirs)).toFixed(2)}, memory ${memory.toFixed(0)} MiB\n\n`,
    );
    expect(rows.reduce((sum, { errors }) => sum + errors, 0)).toBe(0);
  });

  async function start(argv: (port: number) => readonly string[]): Promise<number> {
    const port = await freePort();
    running.push(spawn(process.execPath, argv(port), { cwd: dir, stdio: ["ignore", "ignore", "inherit"] }));
    await waitUntilOpen(port, async () => "");
    return port;
  }
});
