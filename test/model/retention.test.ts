import { describe, expect, it } from "vitest";

import { applyRetention } from "../../src/model/retention.ts";
import { describePolicy, noRules } from "../../src/model/retention-policy.ts";
import type { RetentionPolicy } from "../../src/model/retention-policy.ts";
import { secondsOf } from "../../src/model/timestamp.ts";
import { time } from "./a-timeline.ts";
import { checkpointsAt } from "./retention-cases.ts";

describe("the reasons of a decision", () => {
  it("are all rules that keep a checkpoint, each with its number", () => {
    expect(
      decided({ last: 2, daily: 3, monthly: 2 }, [
        "20241231T120000Z",
        "20250101T060000Z",
        "20250101T120000Z",
        "20250102T120000Z",
      ]),
    ).toEqual([
      "keep daily 3 of 3, monthly 2 of 2",
      "remove retention: not among the newest 2, 3 daily, 2 monthly",
      "keep last 2 of 2, daily 2 of 3",
      "keep the newest, last 1 of 2, daily 1 of 3, monthly 1 of 2",
    ]);
  });

  it("name the oldest where it stands in for periods that there are not", () => {
    expect(decided({ yearly: 5 }, ["20250101T000000Z", "20250102T000000Z", "20250103T000000Z"])).toEqual([
      "keep yearly 2 of 5, as the oldest",
      "remove retention: not among 5 yearly",
      "keep the newest, yearly 1 of 5",
    ]);
  });

  it("name labels, which keep a checkpoint under any rule, or only those that are listed", () => {
    const history = ["20250101T000000Z v1", "20250102T000000Z test", "20250103T000000Z"];
    expect(decided({ last: 1 }, history)).toEqual(["keep label v1", "keep label test", "keep the newest, last 1 of 1"]);
    expect(decided({ last: 1, labels: ["v1"] }, history)).toEqual([
      "keep label v1",
      "remove retention: not among the newest 1, those labelled v1",
      "keep the newest, last 1 of 1",
    ]);
    expect(decided({ labels: ["test"] }, history).map((line) => line.split(" ")[0])).toEqual([
      "remove",
      "keep",
      "keep",
    ]);
    expect(decided({ labels: [] }, history)).toEqual(history.map(() => "keep every checkpoint is kept"));
  });

  it("count back from the newest checkpoint, whose own second is the last that counts", () => {
    const history = ["20250101T000000Z", "20250101T000001Z", "20250131T000000Z"];
    expect(decided({ withinSeconds: 30 * 86_400 }, history)).toEqual([
      "remove retention: not among those within 30d of the newest",
      "keep within 30d of the newest",
      "keep the newest, within 30d of the newest",
    ]);
  });

  it("count weeks as ISO 8601 does: from Monday, and across the turn of a year", () => {
    const saturdaySundayMondayWednesday = [
      "20241228T000000Z",
      "20241229T235959Z",
      "20241230T000000Z",
      "20250101T120000Z",
    ];
    expect(decided({ weekly: 2 }, saturdaySundayMondayWednesday).map((line) => line.split(" ")[0])).toEqual([
      "remove",
      "keep",
      "remove",
      "keep",
    ]);
  });
});

it("a policy is told in the units in which it was written", () => {
  expect(describePolicy({ ...noRules, checkpoints: 3, last: 5, hourly: 1, withinSeconds: 36 * 3600 })).toBe(
    "the newest 5, 1 hourly, those within 36h of the newest",
  );
  expect(describePolicy({ ...noRules, withinSeconds: 90, labels: ["a", "b"] })).toBe(
    "those within 90s of the newest, those labelled a or b",
  );
});

/** Decisions about checkpoints written as `TIME` or `TIME LABEL`. */
function decided(policy: Partial<RetentionPolicy>, history: readonly string[]): readonly string[] {
  const made = history.map((text) => {
    const [at = "", ...labels] = text.split(" ");
    return { seconds: secondsOf(time(at)), labels };
  });
  return applyRetention({ ...noRules, ...policy }, checkpointsAt(made)).map(
    ({ keep, reasons }) => `${keep ? "keep" : "remove"} ${reasons.join(", ")}`,
  );
}
