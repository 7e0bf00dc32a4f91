import { expect, it } from "vitest";

import { closestName } from "../../src/model/closest-name.ts";

const keys = [
  "site",
  "state",
  "output",
  "rules",
  "repositories",
  "distributions",
  "base_path",
  "grace",
  "grace_plain",
  "config",
];

it.each([
  ["outptu", "output"],
  ["ouput", "output"],
  ["Output", "output"],
  ["basepath", "base_path"],
  ["base-path", "base_path"],
  ["repositroies", "repositories"],
  ["repository", "repositories"],
  ["conf", "config"],
  ["dist", "distributions"],
  ["graceplain", "grace_plain"],
])("takes %s for %s", (written, meant) => {
  expect(closestName(written, keys)).toBe(meant);
});

it.each(["xyzzy", "", "a", "hosts", "templates"])("takes %j for nothing", (written) => {
  expect(closestName(written, keys)).toBeUndefined();
});

it("never proposes the word itself", () => {
  expect(closestName("site", ["site"])).toBeUndefined();
});
