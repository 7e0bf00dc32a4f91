import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Checkpoint } from "../../src/model/history.ts";
import { applyRetention, pinningLabels } from "../../src/model/retention.ts";
import { hasRule, noRules } from "../../src/model/retention-policy.ts";
import type { RetentionPolicy } from "../../src/model/retention-policy.ts";
import { keptByRestic } from "./restic-oracle.ts";
import { checkpoints, dateOf, policies, wider } from "./retention-cases.ts";

const runs = { numRuns: 10_000 };

describe("10,000 random histories under random policies", () => {
  it("keep what restic would keep", () => {
    let gone = 0;
    fc.assert(
      fc.property(checkpoints, policies, (history, policy) => {
        const decisions = applyRetention(policy, history);
        const snapshots = history.map((one) => ({ time: dateOf(one), tags: one.labels }));
        expect(decisions.map(({ keep }) => keep)).toEqual(keptByRestic(snapshots, policy));
        gone += decisions.filter(({ keep }) => !keep).length;
      }),
      runs,
    );
    // Policies that keep everything would prove nothing.
    expect(gone).toBeGreaterThan(10_000);
  });

  it("keep the newest, and everything that has a label that counts, and give reasons for each decision", () => {
    fc.assert(
      fc.property(checkpoints, policies, (history, policy) => {
        const decisions = applyRetention(policy, history);
        expect(decisions.at(-1)?.keep).toBe(true);
        expect(decisions.map(({ checkpoint }) => checkpoint)).toEqual(history);
        for (const { checkpoint, keep, reasons } of decisions) {
          const pins = hasRule(policy) ? pinningLabels(policy, checkpoint) : [];
          expect(keep || pins.length === 0).toBe(true);
          expect(reasons).toEqual(expect.arrayContaining(pins.map((label) => `label ${label}`)));
          expect(reasons.length).toBeGreaterThan(0);
          expect(keep || /^retention: not among ./.test(reasons.join())).toBe(true);
        }
      }),
      runs,
    );
  });

  it("lose nothing more when a rule is added or raised, or another label counts", () => {
    fc.assert(
      fc.property(checkpoints, policies.filter(hasRule), policies, (history, policy, more) => {
        const kept = new Set(keptOf(wider(policy, more), history));
        expect(keptOf(policy, history).filter((one) => !kept.has(one))).toEqual([]);
      }),
      runs,
    );
  });

  it("lose nothing in a second run", () => {
    fc.assert(
      fc.property(checkpoints, policies, (history, policy) => {
        const first = keptOf(policy, history);
        expect(keptOf(policy, first)).toEqual(first);
      }),
      runs,
    );
  });

  it("keep what any single rule keeps: rules add up", () => {
    fc.assert(
      fc.property(checkpoints, policies.filter(hasRule), (history, policy) => {
        const one = (name: keyof RetentionPolicy): RetentionPolicy => ({ ...noRules, [name]: policy[name] });
        const rules = ruleNames.filter((name) => policy[name] !== undefined);
        const union = new Set([
          ...rules.flatMap((name) => keptOf({ ...one(name), labels: policy.labels }, history)),
          ...history.filter((checkpoint) => pinningLabels(policy, checkpoint).length > 0),
          ...history.slice(-1),
        ]);
        expect(keptOf(policy, history)).toEqual(history.filter((checkpoint) => union.has(checkpoint)));
      }),
      runs,
    );
  });
});

const ruleNames = [
  "checkpoints",
  "last",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "yearly",
  "withinSeconds",
] as const satisfies readonly (keyof RetentionPolicy)[];

function keptOf(policy: RetentionPolicy, history: readonly Checkpoint[]): readonly Checkpoint[] {
  return applyRetention(policy, history).flatMap(({ keep, checkpoint }) => (keep ? [checkpoint] : []));
}
