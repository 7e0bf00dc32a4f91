import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { explore } from "../explore.ts";
import { allFaults, randomNumbers } from "../plan-cases.ts";
import type { Scenario } from "../scenarios.ts";
import { resultsFolder } from "./results.ts";
import type { CrashResult } from "./results.ts";

/** So many pairs of one fault and another one in the run that clears up after it. */
const pairs = 50;

/** Tries every fault of a scenario, one part of `parts`, and leaves what came of it for the summary. ASOF_CRASH_EVERY=N tries every N-th alone. Returns what is wrong. */
export async function exploreFully(scenario: Scenario, part: number, parts: number): Promise<readonly string[]> {
  const every = Number(process.env["ASOF_CRASH_EVERY"] ?? 1);
  const exploration = await explore(scenario);
  const failures: string[] = [];
  const faults = allFaults(exploration.calls).filter(
    (_, index) => index % every === 0 && (index / every) % parts === part,
  );
  const random = randomNumbers(scenario.name.length * 100 + part);
  const second = (): number => 1 + Math.floor(random() * exploration.calls.length);
  let swapping = 0;
  let nested = 0;
  try {
    for (const fault of faults) {
      const result = await exploration.tryFault(fault);
      if (result.swapping) swapping += 1;
      failures.push(...result.problems.map((problem) => `${scenario.name}, ${fault.act} at ${fault.at}: ${problem}`));
    }
    while (nested < Math.ceil(pairs / parts / every)) {
      const [first, then] = [second(), second()];
      const act = random() < 0.5 ? "kill" : "EIO";
      const result = await exploration.tryFaults({ act: "kill", at: first }, { act, at: then });
      if (result.swapping) swapping += 1;
      nested += 1;
      failures.push(
        ...result.problems.map((problem) => `${scenario.name}, kill at ${first}, then ${act} at ${then}: ${problem}`),
      );
    }
  } finally {
    await exploration.close();
  }
  const result: CrashResult = {
    scenario: scenario.name,
    points: exploration.calls.length,
    acts: new Set(faults.map(({ act }) => act)).size,
    cases: faults.length,
    nested,
    swapping,
    failures: failures.length,
  };
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(path.join(resultsFolder, `${scenario.name}-${part}.json`), JSON.stringify(result));
  return failures;
}
