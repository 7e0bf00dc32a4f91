import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";

/**
 * Peak memory (resident, the whole process) of runs as large as the design must carry. `TMPDIR` says where: the first needs 2 million inodes, the second room for five gibibytes.
 * `ASOF_BENCH_FILES` (200000) and `ASOF_BENCH_GIB` (5) make it smaller.
 */
const files = Number(process.env["ASOF_BENCH_FILES"] ?? 200_000);
const gibibytes = Number(process.env["ASOF_BENCH_GIB"] ?? 5);
const allowedMebibytes = 300;

describe("peak memory", () => {
  const rows: string[] = [];
  let program: Program;
  let dir: string;
  beforeAll(() => {
    program = buildProgram();
  });
  afterAll(() => {
    program.remove();
    process.stdout.write(`\n| run | peak MiB | seconds |\n| --- | ---: | ---: |\n${rows.join("\n")}\n\n`);
  });
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-memory-"));
    mkdirSync(path.join(dir, "source"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it(`of a mirror of a manifest with ${files} entries`, async () => {
    writeManifest();
    configure({ type: "file", url: pathToFileURL(path.join(dir, "source/PULP_MANIFEST")).href, mode: "mirror" });
    await measure(`${files} entries, first update`, ["update"]);
    await measure(`${files} entries, nothing new`, ["update"]);
    await measure(`${files} entries, build`, ["build"]);
  });

  it(`of a directory with a file of ${gibibytes} GiB`, async () => {
    writeFileSync(path.join(dir, "source/large.iso"), "");
    truncateSync(path.join(dir, "source/large.iso"), gibibytes * 1024 ** 3);
    configure({ type: "directory", path: "source" });
    await measure(`${gibibytes} GiB from a directory`, ["update"]);
  });

  function writeManifest(): void {
    const lines: string[] = [];
    for (let index = 0; index < files; index++) {
      const folder = `pool/d${String(index % 2000).padStart(4, "0")}`;
      const name = `${folder}/package-name-${index}_1.0-${index}_amd64.deb`;
      const body = `content ${index}`;
      if (index < 2000) mkdirSync(path.join(dir, "source", folder), { recursive: true });
      writeFileSync(path.join(dir, "source", name), body);
      lines.push(`${name},${createHash("sha256").update(body).digest("hex")},${body.length}\n`);
    }
    writeFileSync(path.join(dir, "source/PULP_MANIFEST"), lines.join(""));
  }

  function configure(remote: object): void {
    const distributions = {
      plain: { repository: "repo", base_path: "plain" },
      snapshots: { repository: "repo", base_path: "snapshots", checkpoint: true },
    };
    writeFileSync(path.join(dir, "asof.json"), JSON.stringify({ repositories: { repo: { remote } }, distributions }));
  }

  async function measure(what: string, argv: readonly string[]): Promise<void> {
    const peak = path.join(dir, "peak");
    const report = `import fs from "node:fs"; process.on("exit", () => fs.writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`;
    const hook = `data:text/javascript,${encodeURIComponent(report)}`;
    const began = performance.now();
    const main = path.join(program.dir, "dist/cli/main.js");
    const child = spawn(process.execPath, ["--import", hook, main, ...argv], {
      cwd: dir,
      stdio: ["ignore", "ignore", "inherit"],
    });
    await once(child, "close");
    expect(child.exitCode).toBe(0);
    const mebibytes = Math.round(Number(readFileSync(peak, "utf8")) / 1024);
    rows.push(`| ${what} | ${mebibytes} | ${Math.round((performance.now() - began) / 1000)} |`);
    expect(mebibytes, what).toBeLessThan(allowedMebibytes);
  }
});
