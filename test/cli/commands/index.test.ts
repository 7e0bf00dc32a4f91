import { describe, expect, it } from "vitest";

import { commands } from "../../../src/cli/commands/index.ts";
import { captured } from "../captured-run.ts";

describe("the table of commands", () => {
  it.each(commands)("$name: says what it does, and its examples call it", async ({ name, summary, load }) => {
    expect(summary).toMatch(/^[A-Z].*\.$/);
    const { examples, description } = await load();
    expect(description).toMatch(/\.$/);
    for (const { line } of examples) expect(line).toMatch(new RegExp(`\\basof ${name}\\b`));
  });

  it.each(commands)("$name: has a help text that fits", async ({ name, summary }) => {
    const { code, out, err } = await captured([name, "--help"], { columns: 80 });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(summary);
    const [before = ""] = out.split("\nExamples:");
    expect(Math.max(...before.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("is what help lists, in its order", async () => {
    const { out } = await captured(["--help"], { columns: 80 });
    const listed = [...out.matchAll(/^ {2}asof (\S+)/gm)].map((match) => match[1]);
    expect(listed).toEqual(commands.map(({ name }) => name));
  });
});
