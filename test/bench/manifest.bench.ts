import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";
import { freePort, holdProcess, waitUntilOpen } from "../servers/server-process.ts";
import { measuredRun, median } from "./measured-run.ts";
import type { MeasuredRun } from "./measured-run.ts";

/**
 * `asof sync` of a manifest from nginx on this machine, the whole process: 20,000 files of 1 kB as a ratio to `curl --parallel`, then `sync -f`, and 100,000 lines of which none, and ten, changed; what changed is published as a checkpoint and built. `TMPDIR` says where.
 * Every run has folders of its own and nothing is removed before the end: after a large removal curl took 7 to 14 s of system time in place of 1 to 2 s (the likely reason: ext4 holds back inodes that were freed just now).
 *
 * Where the time went, 20,000 files, in seconds of processor time (user + system), on a machine with other work, where curl takes 0.8 + 1.2:
 * - 358,000 futex calls, because opening, writing, chmod, utimes and closing each went through the thread pool, and a stream and an abort controller for each file: bodies up to 64 KiB are taken whole and written at once.
 * - undici, 20,000 times: 1.2 + 0.5 without anything else; a socket of our own with one request at a time 0.3 + 0.3, with ten asked ahead 0.1 + 0.04 (and nginx works less, too). So plain answers are asked for ahead (sources/http-pipeline.ts).
 * - 40,000 lstat of objects that are not there and 20,000 renames into folders that were not there either: 0.3 + 0.5; the folder is renamed (store/new-folders.ts).
 * In all from 4.1 + 2.3 to 1.9 + 1.1. What is left: 0.8 + 0.8 for hashing, opening, writing and closing 20,000 files, 0.4 for loading modules, 0.1 for loading undici, which reads the manifest.
 * From `file:` each file had a read buffer of 1 MiB: collecting those took 42 s of a profile of 117 s.
 *
 * Where it went, 100,000 unchanged lines: 2.9 s of processor time. The digest of the manifest that became the latest version is remembered, so that it need not be parsed: 0.87 s. Without fast-glob, most of undici and what
 * only `--dry-run` needs: 0.65 s, most of it the loading of modules; the manifest itself, 9 MB, is received and hashed in 0.1 s. There is no conditional request: nginx makes the ETag of second and size, and a manifest that was
 * written twice within a second has the same size each time, as digests have.
 *
 * Where it went, ten lines changed: of 2.3 s of processor time for an update 0.4 for parsing, 0.2 for reading the list of the latest version, 0.15 for going through both several times. One sorting in place of two and a map, no pattern for each
 * blank and digest, and equal paths known by `===`: 0.24, 0.2 and 0.06.
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 5);
const files = Number(process.env["ASOF_BENCH_FILES"] ?? 20_000);
const lines = Number(process.env["ASOF_BENCH_LINES"] ?? 100_000);

describe("asof sync of a manifest", () => {
  let dir = "";
  let port = 0;
  let program: Program;
  let nginx: ReturnType<typeof holdProcess>;
  let runs = 0;
  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
    program = buildProgram();
    port = await freePort();
    for (const [folder, count, size] of [
      ["files", files, 1000],
      ["lines", lines, 20],
    ] as const)
      writeSource(path.join(dir, "www", folder), count, size);
    writeFileSync(path.join(dir, "nginx.conf"), nginxConfig(dir, port));
    nginx = holdProcess("nginx", ["-p", dir, "-e", path.join(dir, "error.log"), "-c", path.join(dir, "nginx.conf")]);
    await waitUntilOpen(port, async () => readFileSync(path.join(dir, "error.log"), "utf8"));
  });
  afterAll(async () => {
    await nginx.stop();
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`is at 0.9 of the speed of curl --parallel and sync -f, while hashing, for ${files} files`, async () => {
    const theirs = new Map<number, MeasuredRun[]>([1, 2, 4, 16, 50].map((parallel) => [parallel, []]));
    const ours: MeasuredRun[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [parallel, measured] of theirs) measured.push(await curl(parallel));
      ours.push(await asof("sync", newMirror("files")));
    }
    const best = [...theirs].toSorted(([, a], [, b]) => secondsOf(a) - secondsOf(b))[0];
    if (best === undefined) throw new Error("curl ran");
    const [parallel, curls] = best;
    const ratio = median(ours.map(({ seconds }, round) => (curls[round]?.seconds ?? Number.NaN) / seconds));
    process.stdout.write(
      `\n${files} files: asof sync ${shown(ours)}\ncurl --parallel-max ${parallel} and sync -f ${shown(curls)}\nratio of speeds ${ratio.toFixed(2)}\n\n`,
    );
    expect(ours.length).toBe(rounds);
  });

  it(`takes little time for ${lines} lines of which few changed`, async () => {
    const mirror = newMirror("lines");
    process.stdout.write(`\n${lines} lines, all new: ${shown([await asof("update", mirror)])}\n`);
    const same: MeasuredRun[] = [];
    const changed: MeasuredRun[] = [];
    for (let round = 0; round < rounds; round++) {
      same.push(await asof("sync", mirror));
      changeTen(path.join(dir, "www/lines"), round);
      changed.push(await asof("update", mirror));
    }
    process.stdout.write(`none changed: ${shown(same)}\nten changed: ${shown(changed)}\n\n`);
    expect(changed.length).toBe(rounds);
  });

  function newMirror(source: string): string {
    const mirror = path.join(dir, `mirror-${(runs += 1)}`);
    mkdirSync(mirror);
    const remote = { type: "file", url: `http://127.0.0.1:${port}/${source}/PULP_MANIFEST`, mode: "mirror" };
    const distributions = { snapshots: { repository: "repo", base_path: "snapshots", checkpoint: true } };
    writeFileSync(
      path.join(mirror, "asof.json"),
      JSON.stringify({ repositories: { repo: { remote } }, distributions }),
    );
    return mirror;
  }

  function asof(command: "sync" | "update", mirror: string): Promise<MeasuredRun> {
    const main = path.join(program.dir, "dist/cli/main.js");
    return measuredRun([process.execPath, main, command], { cwd: mirror, folder: dir });
  }

  function curl(parallel: number): Promise<MeasuredRun> {
    const to = path.join(dir, `curl-${(runs += 1)}`);
    mkdirSync(to);
    const wanted = pathsOf(path.join(dir, "www/files")).map(
      (file) => `url = "http://127.0.0.1:${port}/files/${file}"\noutput = "${to}/${file}"\n`,
    );
    writeFileSync(`${to}.cfg`, `create-dirs\nno-progress-meter\n${wanted.join("")}`);
    const command = `curl --parallel --parallel-max ${parallel} -K '${to}.cfg' && sync -f '${to}'`;
    return measuredRun(["sh", "-c", command], { cwd: dir, folder: dir });
  }
});

function writeSource(folder: string, count: number, sizeBytes: number): void {
  const listed: string[] = [];
  for (let index = 0; index < count; index++) {
    const below = `pool/d${String(Math.floor(index / 100)).padStart(4, "0")}`;
    if (index % 100 === 0) mkdirSync(path.join(folder, below), { recursive: true });
    listed.push(writeListed(folder, `${below}/package-${index}_1.0_amd64.deb`, randomBytes(sizeBytes)));
  }
  writeFileSync(path.join(folder, "PULP_MANIFEST"), listed.join(""));
}

function writeListed(folder: string, file: string, content: Uint8Array): string {
  writeFileSync(path.join(folder, file), content);
  return `${file},${createHash("sha256").update(content).digest("hex")},${content.length}\n`;
}

/** Ten files far from each other, other ones each round. */
function changeTen(folder: string, round: number): void {
  const manifest = path.join(folder, "PULP_MANIFEST");
  const listed = readFileSync(manifest, "utf8").split(/(?<=\n)/);
  for (let change = 0; change < 10; change++) {
    const index = Math.floor((listed.length / 10) * change) + round;
    const file = listed[index]?.split(",")[0] ?? "";
    listed[index] = writeListed(folder, file, randomBytes(20));
  }
  writeFileSync(manifest, listed.join(""));
}

function pathsOf(folder: string): readonly string[] {
  return readFileSync(path.join(folder, "PULP_MANIFEST"), "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(",")[0] ?? "");
}

function nginxConfig(dir: string, port: number): string {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/t;`);
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `daemon off; worker_processes auto; pid ${dir}/nginx.pid; ${user} events {}
http { access_log off; ${places.join(" ")} sendfile on; server { listen 127.0.0.1:${port}; root ${dir}/www; } }
`;
}

function secondsOf(measured: readonly MeasuredRun[]): number {
  return median(measured.map(({ seconds }) => seconds));
}

function shown(measured: readonly MeasuredRun[]): string {
  const cpu = median(measured.map(({ cpuSeconds }) => cpuSeconds));
  const peak = Math.max(...measured.map(({ peakMebibytes }) => peakMebibytes));
  return `${secondsOf(measured).toFixed(2)} s, ${cpu.toFixed(2)} s of processor time, peak ${peak} MiB`;
}
