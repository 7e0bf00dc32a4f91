import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

/** What a program took, with all programs that it started and waited for. */
export interface MeasuredRun {
  readonly seconds: number;
  /** User and system time. On a shared machine it says more than `seconds`. */
  readonly cpuSeconds: number;
  /** Of the largest process. */
  readonly peakMebibytes: number;
}

/** Runs a program in `cwd` to its end; throws when that is not a 0. Its figures are GNU time's, which writes them into `folder`. */
export async function measuredRun(
  argv: readonly string[],
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
): Promise<MeasuredRun> {
  const report = path.join(folder, "measured");
  const child = spawn("time", ["-f", "%e %U %S %M", "-o", report, ...argv], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${child.exitCode}`);
  const [seconds = 0, user = 0, system = 0, kibibytes = 0] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  return { seconds, cpuSeconds: user + system, peakMebibytes: Math.round(kibibytes / 1024) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
