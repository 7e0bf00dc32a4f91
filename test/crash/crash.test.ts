import { expect, it } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { explore } from "./explore.ts";
import { allFaults, someOf } from "./plan-cases.ts";
import { scenarios } from "./scenarios.ts";

/** How many cases of each scenario; `npm run test:crash` tries them all. */
const sample = 6;

it.skipIf(!nginxAvailable()).each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  "a run that is stopped anywhere leaves the old site or the new one, and the next run completes it: %s",
  async (_, scenario) => {
    const exploration = await explore(scenario);
    try {
      const failures: string[] = [];
      for (const fault of someOf(allFaults(exploration.calls), sample, 1)) {
        const { problems } = await exploration.tryFault(fault);
        failures.push(...problems.map((problem) => `${fault.act} at call ${fault.at}: ${problem}`));
      }
      expect(failures).toEqual([]);
      expect(exploration.calls.length).toBeGreaterThan(30);
    } finally {
      await exploration.close();
    }
  },
  300_000,
);
