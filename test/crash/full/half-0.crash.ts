import { expect, it } from "vitest";

import { scenarios } from "../scenarios.ts";
import { exploreFully } from "./explore-fully.ts";

/** Two files, because vitest gives each a process: half of the cases of every scenario. */
it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", async (_, scenario) => {
  expect(await exploreFully(scenario, 0, 2)).toEqual([]);
});
