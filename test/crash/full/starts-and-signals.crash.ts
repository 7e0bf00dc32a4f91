import { expect, it } from "vitest";

import { interruptAtRandom } from "../interrupt-at-random.ts";
import { killUnderLoad } from "../kill-under-load.ts";
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

it("two hundred kills at random moments, while clients read", async () => {
  const { problems, killed, answers } = await killUnderLoad({ times: times * 5, seed: 1 });
  console.log(`${killed} runs killed, ${answers} answers, ${problems.length} problems`);
  expect(problems).toEqual([]);
  expect(killed).toBeGreaterThanOrEqual(times * 4);
});
