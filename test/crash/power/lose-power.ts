import { explore } from "../explore.ts";
import { randomNumbers } from "../plan-cases.ts";
import type { Scenario } from "../scenarios.ts";
import { supplyPower } from "./power-supply.ts";
import type { Journal } from "./power-supply.ts";

/**
 * Cuts the power `times` times at random calls of a scenario, a tenth of them after the run has said that it is done. Returns what was wrong with what the disk then held: visitors must be shown the
 * old site or the new one, the pool must hold whole objects, and the next run must finish.
 */
export async function losePower(
  scenario: Scenario,
  journal: Journal,
  { times, seed }: { readonly times: number; readonly seed: number },
): Promise<readonly string[]> {
  const random = randomNumbers(seed);
  const exploration = await explore(scenario, (live) => supplyPower(journal, live));
  const failures: string[] = [];
  try {
    const calls = exploration.calls.length;
    for (let index = 0; index < times; index++) {
      const at = index % 10 === 9 ? undefined : 1 + Math.floor(random() * calls);
      const { problems } = await exploration.tryPowerCut(at, random);
      const when = at === undefined ? "after the run" : `at call ${at} of ${calls}`;
      failures.push(...problems.map((problem) => `${scenario.name} on ${journal}, power lost ${when}: ${problem}`));
    }
  } finally {
    await exploration.close();
  }
  return failures;
}
