import { expect, it } from "vitest";

import { interruptAtRandom } from "../interrupt-at-random.ts";
import { startManyAtOnce } from "../many-starts.ts";

/** ASOF_CRASH_EVERY=N tries so much less. */
const times = Math.ceil(50 / Number(process.env["ASOF_CRASH_EVERY"] ?? 1));

it("of twenty runs that start at once exactly one works at a time, fifty times over", async () => {
  expect(await startManyAtOnce({ rounds: times, starts: 20 })).toEqual([]);
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s at fifty random moments", async (signal, exit) => {
  const { problems, interrupted } = await interruptAtRandom({ signal, exit, times, seed: 1 });
  expect(problems).toEqual([]);
  expect(interrupted).toBeGreaterThan(times / 5);
});
