import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import type { ServerName } from "../../src/model/server-name.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { syntaxChecks } from "../../src/redirects/syntax-check.ts";
import { availableRuleServers } from "../servers/members.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
import { makeRulesFolder, renderRules, rulesInput } from "../servers/rules-folder.ts";
import type { RuleServer } from "../servers/server.ts";
import { processesListeningOn, usageOf } from "./listening-processes.ts";
import { load } from "./wrk.ts";

/**
 * Redirects per second of each server, as a ratio to a constant redirect of the same server in the same run: what finding the checkpoint costs. Rounds alternate between the two, and
 * the median of their ratios counts, because a shared machine is faster in one minute than in the next.
 *
 * `ASOF_SERVERS=nginx npm run bench:redirects` asks one server; `ASOF_BENCH_ROUNDS` (5) and `ASOF_BENCH_SECONDS` (2) make it quicker or steadier.
 */
const rounds = Number(process.env["ASOF_BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["ASOF_BENCH_SECONDS"] ?? 2);
const sizes = [10, 1_000, 100_000];

/** The quickest redirect that each server has, for paths below /constant/. */
const constantRedirect: Readonly<Record<ServerName, string>> = {
  nginx: "location /constant/ { absolute_redirect off; return 301 /x; }",
  apache: "RewriteEngine On\nRewriteRule ^/constant/ /x [R=301,L]",
  caddy: "handle /constant/* {\n  redir * /x 301\n}",
  lighttpd: 'server.modules += ( "mod_redirect" )\n$HTTP["url"] =^ "/constant/" {\n  url.redirect = ( "" => "/x" )\n}',
};

describe("redirects per second", () => {
  const rows: Row[] = [];

  it.each(
    availableRuleServers().flatMap((member) =>
      sizes.map((checkpoints) => ({ server: member.server, member, checkpoints })),
    ),
  )("of $server with $checkpoints checkpoints", async ({ member, checkpoints }) => {
    const row = await measure(member, checkpoints);
    rows.push(row);
    expect(row.errors).toBe(0);
  });

  it("are these", () => {
    process.stdout.write(`\n${table(rows)}\n\n`);
    expect(rows.length).toBeGreaterThan(0);
  });
});

interface Row {
  readonly server: ServerName;
  readonly checkpoints: number;
  readonly constantPerSecond: number;
  readonly perSecond: number;
  /** Medians over the rounds of requests per second, and of processor time for a request, constant by ours. */
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly rulesBytes: number;
  readonly testCpuSeconds: number;
  readonly memoryBytes: number;
  readonly errors: number;
}

async function measure(member: RuleServer, checkpoints: number): Promise<Row> {
  const random = seededRandom(checkpoints);
  const history = randomHistory(random, { checkpoints, stepSeconds: checkpoints < 100 ? 86_400 * 12 : 86_400 / 20 });
  const folder = await makeRulesFolder();
  const home = mkdtempSync(path.join(os.tmpdir(), "asof-bench-"));
  const input = rulesInput(folder.publicDir, history);
  await folder.writeRules(input, member.server);
  const server = await member.start({ ...folder, env: { TZ: "UTC" }, extra: constantRedirect[member.server] });
  try {
    const pids = processesListeningOn(server.port);
    for (const pid of pids) execFileSync("taskset", ["-acp", "0", String(pid)]);
    const targets = someTargets(history, random);
    const constant = targets.map((target) => target.replace("/checkpoints/myfile/", "/constant/"));
    const run = async (paths: readonly string[]): Promise<{ perSecond: number; cpu: number; errors: number }> => {
      const before = usageOf(pids).cpuSeconds;
      const result = await load({ port: server.port, targets: paths, seconds, connections: 32, folder: home });
      return {
        perSecond: result.requestsPerSecond,
        cpu: (usageOf(pids).cpuSeconds - before) / result.requests,
        errors: result.errors,
      };
    };
    // Caches that a server keeps are filled as in any longer run.
    await run(targets);
    const results = [];
    for (let round = 0; round < rounds; round++) results.push({ base: await run(constant), ours: await run(targets) });
    return {
      server: member.server,
      checkpoints,
      constantPerSecond: median(results.map(({ base }) => base.perSecond)),
      perSecond: median(results.map(({ ours }) => ours.perSecond)),
      ratio: median(results.map(({ base, ours }) => ours.perSecond / base.perSecond)),
      cpuRatio: median(results.map(({ base, ours }) => base.cpu / ours.cpu)),
      rulesBytes: renderRules(input, member.server).reduce(
        (sum, { path: file }) => sum + statSync(path.join(folder.rulesDir, file)).size,
        0,
      ),
      testCpuSeconds: configTestCpu(member.server, home, folder),
      memoryBytes: usageOf(pids).anonymousBytes,
      errors: results.reduce((sum, { base, ours }) => sum + base.errors + ours.errors, 0),
    };
  } finally {
    await server.stop();
    await folder.remove();
    rmSync(home, { recursive: true, force: true });
  }
}

/** 20,000 settled seconds, none of them a checkpoint. */
function someTargets({ points, horizon }: Timeline, random: () => number): readonly string[] {
  const known = new Set<string>(points.map(({ at }) => at));
  const first = secondsOf(points[0]?.at ?? timestampFromSeconds(0));
  const last = secondsOf(horizon ?? timestampFromSeconds(0));
  const targets: string[] = [];
  while (targets.length < 20_000) {
    const at = timestampFromSeconds(first + random() * (last - first));
    if (!known.has(at)) targets.push(`/checkpoints/myfile/${at}/dists/x`);
  }
  return targets;
}

/** User and system time of the server's own configuration test. */
function configTestCpu(server: ServerName, home: string, folder: { publicDir: string; rulesDir: string }): number {
  const check = syntaxChecks[server];
  const file = path.join(home, "check.conf");
  writeFileSync(file, check.config({ home, ...folder, modules: "/usr/lib/apache2/modules" }));
  const script = 'TIMEFORMAT="%U %S"; { time "$@" > /dev/null 2>&1; } 2>&1';
  const text = execFileSync("bash", ["-c", script, "bash", check.commands[0] ?? "", ...check.args(file, home)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: home },
  });
  return text
    .trim()
    .split(/\s+/)
    .reduce((sum, part) => sum + Number(part), 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function table(rows: readonly Row[]): string {
  const cells = [
    ["server", "checkpoints", "constant/s", "redirects/s", "ratio", "cpu ratio", "rules", "test CPU", "memory"],
    ...rows.map((row) => [
      row.server,
      String(row.checkpoints),
      Math.round(row.constantPerSecond).toString(),
      Math.round(row.perSecond).toString(),
      row.ratio.toFixed(2),
      row.cpuRatio.toFixed(2),
      `${(row.rulesBytes / 1e3).toFixed(0)} kB`,
      `${row.testCpuSeconds.toFixed(3)} s`,
      `${(row.memoryBytes / 1e6).toFixed(1)} MB`,
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}
