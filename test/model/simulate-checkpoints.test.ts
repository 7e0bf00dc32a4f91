import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Checkpoint } from "../../src/model/history.ts";
import { applyRetention } from "../../src/model/retention.ts";
import { noRules } from "../../src/model/retention-policy.ts";
import type { RetentionPolicy } from "../../src/model/retention-policy.ts";
import { simulateCheckpoints } from "../../src/model/simulate-checkpoints.ts";
import { secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { checkpointsAt } from "./retention-cases.ts";

const beginning = 1_742_306_618;
const hour = 3600;
const like = theOne();

describe("checkpoints to come", () => {
  it("are made so often from now on, the first one a cadence after the newest that there is", () => {
    const [now, later] = simulateCheckpoints([aged(2), aged(1)], plan(noRules, hour, 10));
    expect(now).toMatchObject({ made: 2, kept: [beginning - 2 * hour, beginning - hour] });
    expect(later?.made).toBe(2 + 11);
    expect(later?.kept.slice(2, 4)).toEqual([beginning, beginning + hour]);
  });

  it("leave tombstones, and labels keep theirs", () => {
    const labelled = { ...aged(1), labels: ["v1"] };
    const [, later] = simulateCheckpoints([labelled], plan({ ...noRules, last: 3 }, hour, 10));
    expect(later?.kept).toHaveLength(4);
    expect(later?.checkpoints().filter(({ tombstone }) => tombstone?.cause === "retention")).toHaveLength(8);
  });

  it("are kept as the rules keep them that are asked after each", () => {
    const count = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
    const rules = fc.record({ last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count });
    const within = fc.option(fc.integer({ min: 1, max: 90 * 24 * hour }), { nil: undefined });
    const cadence = fc.integer({ min: 600, max: 5 * 24 * hour });
    fc.assert(
      fc.property(rules, within, cadence, fc.integer({ min: 1, max: 300 }), (counts, withinSeconds, every, steps) => {
        const policy = { ...noRules, ...counts, withinSeconds };
        const [, later] = simulateCheckpoints([], plan(policy, every, steps));
        expect(later?.kept).toEqual(oneByOne(policy, every, steps));
      }),
      { numRuns: 100 },
    );
  });
});

function plan(policy: RetentionPolicy, everySeconds: number, steps: number): Parameters<typeof simulateCheckpoints>[1] {
  return { policy, everySeconds, moments: [beginning, beginning + steps * everySeconds], like };
}

function oneByOne(policy: RetentionPolicy, every: number, steps: number): readonly number[] {
  let kept: readonly Checkpoint[] = [];
  for (let step = 0; step <= steps; step++) {
    const all = [...kept, { ...like, created: timestampFromSeconds(beginning + step * every) }];
    kept = applyRetention(policy, all).flatMap(({ checkpoint, keep }) => (keep ? [checkpoint] : []));
  }
  return kept.map(({ created }) => secondsOf(created));
}

function theOne(): Checkpoint {
  const [one] = checkpointsAt([{ seconds: beginning, labels: [] }]);
  if (one === undefined) throw new Error("one was asked for");
  return one;
}

function aged(hours: number): Checkpoint {
  return { ...like, created: timestampFromSeconds(beginning - hours * hour) };
}
