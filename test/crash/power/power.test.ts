import { expect, it } from "vitest";

import { nginxAvailable } from "../../servers/nginx.ts";
import { scenarios } from "../scenarios.ts";
import { losePower } from "./lose-power.ts";
import { journals, whyNoPower } from "./power-supply.ts";

/** So many images of each file system; `npm run test:power` makes 200. */
const images = Number(process.env["ASOF_POWER_IMAGES"] ?? 3);
const missing = nginxAvailable() ? whyNoPower() : "needs nginx";
/** Sync and publish in one, for a new site and for one that stands; prune. */
const workloads = scenarios.filter(({ name }) => ["first", "change", "prune"].includes(name));

it
  .skipIf(missing !== undefined)
  .each(journals.flatMap((journal) => workloads.map((scenario) => ({ journal, scenario, name: scenario.name }))))(
  `what $journal holds after a power loss is the old site or the new one: $name${missing === undefined ? "" : ` (${missing})`}`,
  async ({ journal, scenario }) => {
    const times = Math.ceil(images / workloads.length);
    expect(await losePower(scenario, journal, { times, seed: times + journals.indexOf(journal) })).toEqual([]);
  },
  3_600_000,
);
