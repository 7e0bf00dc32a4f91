import { describe, expect, it } from "vitest";

import { badConfigurations } from "./bad-configurations.ts";
import { faultsOf } from "./parse-text.ts";

describe("a configuration is refused, with place and reason, for", () => {
  it.each(badConfigurations)("$title", async ({ text, at, words }) => {
    const faults = await faultsOf(text);
    const place = at === "" ? "asof.yaml: " : `asof.yaml:${at}: `;
    const here = faults.filter((fault) => fault.startsWith(place));
    expect(here.join("\n"), `all faults:\n${faults.join("\n")}`).toContain(words);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it("at least eighty different reasons", () => {
    expect(new Set(badConfigurations.map(({ title }) => title)).size).toBe(badConfigurations.length);
    expect(badConfigurations.length).toBeGreaterThanOrEqual(80);
  });
});
