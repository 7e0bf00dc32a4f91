import { execFileSync } from "node:child_process";

import { processesListeningOn } from "../bench/listening-processes.ts";
import { load } from "../bench/wrk.ts";

export interface RateOptions {
  /** What is asked for again and again, by what it is; the same of both servers. */
  readonly targets: Readonly<Record<string, string>>;
  readonly pulpPort: number;
  readonly nginxPort: number;
  /** For wrk's script. */
  readonly folder: string;
}

export interface Rate {
  readonly what: string;
  readonly pulpPerSecond: number;
  readonly nginxPerSecond: number;
  readonly ratio: number;
  readonly errors: number;
}

const rounds = 3;
const seconds = 2;

/** Requests per second on one core, Pulp and nginx in turn; of the rounds the median of the ratios counts. */
export async function measureRates({ targets, pulpPort, nginxPort, folder }: RateOptions): Promise<readonly Rate[]> {
  for (const port of [pulpPort, nginxPort]) {
    for (const pid of processesListeningOn(port)) execFileSync("taskset", ["-acp", "0", String(pid)]);
  }
  const rates: Rate[] = [];
  for (const [what, target] of Object.entries(targets)) {
    const run = (port: number) => load({ port, targets: [target], seconds, connections: 4, folder });
    const results = [];
    for (let round = 0; round < rounds; round++)
      results.push({ pulp: await run(pulpPort), nginx: await run(nginxPort) });
    rates.push({
      what,
      pulpPerSecond: median(results.map(({ pulp }) => pulp.requestsPerSecond)),
      nginxPerSecond: median(results.map(({ nginx }) => nginx.requestsPerSecond)),
      ratio: median(results.map(({ pulp, nginx }) => nginx.requestsPerSecond / pulp.requestsPerSecond)),
      errors: results.reduce((sum, { pulp, nginx }) => sum + pulp.errors + nginx.errors, 0),
    });
  }
  return rates;
}

export function rateTable(rates: readonly Rate[]): string {
  const cells = [
    ["", "Pulp/s", "nginx/s", "ratio"],
    ...rates.map(({ what, pulpPerSecond, nginxPerSecond, ratio }) => [
      what,
      Math.round(pulpPerSecond).toString(),
      Math.round(nginxPerSecond).toString(),
      `${ratio.toFixed(0)} : 1`,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
