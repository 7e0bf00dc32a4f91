import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

/** Where the suites leave what they did, for the line at the end. */
export const resultsFolder: string = path.join(import.meta.dirname, "../../../node_modules/.cache/asof/crash-results");

/** What one part of a scenario came to. */
export interface CrashResult {
  readonly scenario: string;
  /** State-changing calls of the uninterrupted run. */
  readonly points: number;
  readonly acts: number;
  readonly cases: number;
  readonly nested: number;
  /** Cases in which a directory was seen missing between the two renames that replace it. */
  readonly swapping: number;
  readonly failures: number;
}

const crashResult: z.ZodType<CrashResult> = z.object({
  scenario: z.string(),
  points: z.int(),
  acts: z.int(),
  cases: z.int(),
  nested: z.int(),
  swapping: z.int(),
  failures: z.int(),
});

/** Before all suites: forgets what earlier ones came to. */
export function setup(): void {
  rmSync(resultsFolder, { recursive: true, force: true });
}

/** After all suites: the sum. */
export function teardown(): void {
  console.log(`\n${summary(readResults())}`);
}

function readResults(): readonly CrashResult[] {
  if (!existsSync(resultsFolder)) return [];
  return readdirSync(resultsFolder).map((name) =>
    crashResult.parse(JSON.parse(readFileSync(path.join(resultsFolder, name), "utf8"))),
  );
}

function summary(results: readonly CrashResult[]): string {
  const points = new Map(results.map((one) => [one.scenario, one.points]));
  const sum = (of: (one: CrashResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const total = [...points.values()].reduce((all, one) => all + one, 0);
  const acts = Math.max(0, ...results.map((one) => one.acts));
  return [
    ...[...points].map(([name, count]) => `  ${name}: ${count} crash points`),
    `${total} crash points x ${acts} acts: ${sum((one) => one.cases)} cases and ${sum((one) => one.nested)} nested pairs, ${sum((one) => one.failures)} failures`,
    `(in ${sum((one) => one.swapping)} of them a directory of a changed layout was between its two renames)`,
  ].join("\n");
}
