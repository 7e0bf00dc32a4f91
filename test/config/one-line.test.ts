import { describe, expect, it } from "vitest";

import { parseText } from "./parse-text.ts";

describe("a configuration in one line", () => {
  it("may be as wide as it likes: only depth is bounded", async () => {
    const repositories = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`r${index}`, { settled: true }]),
    );
    const text = JSON.stringify({ repositories });
    expect((await parseText(text, { syntax: "json" })).config.repositories).toHaveLength(200);
    expect((await parseText(text)).config.repositories).toHaveLength(200);
  });
});
