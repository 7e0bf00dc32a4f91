import { describe, expect, it } from "vitest";

import { parseRetention } from "../../src/config/parse-retention.ts";
import { Failure } from "../../src/failure.ts";
import { noRules } from "../../src/model/retention-policy.ts";

describe("rules on a command line", () => {
  it.each(["daily: 7, within: 2d", "{ daily: 7, within: 2d }", "daily=7 within=2d", "daily 7 within 2d"])(
    "are read as in the configuration: %s",
    (text) => {
      expect(parseRetention(text)).toEqual({ ...noRules, daily: 7, withinSeconds: 172_800 });
    },
  );

  it("may be none, which keeps all", () => {
    expect(parseRetention("all")).toEqual(noRules);
  });

  it.each(["", "daily", "daily: 0", "daily: x", "fortnightly: 2", "daily: 7, daily: 8", "within: soon", "labels: [a]"])(
    "are refused when they say nothing that a rule can: %j",
    (text) => {
      expect(() => parseRetention(text)).toThrow(Failure);
    },
  );
});
