import { expect, it } from "vitest";

import { interruptAtRandom } from "./interrupt-at-random.ts";

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s ends a run at any moment with %i, and leaves no lock, no temporary file, no half of a checkpoint",
  async (signal, exit) => {
    const { problems, interrupted } = await interruptAtRandom({ signal, exit, times: 3, seed: 7 });
    expect(problems).toEqual([]);
    expect(interrupted).toBeGreaterThan(0);
  },
  300_000,
);
