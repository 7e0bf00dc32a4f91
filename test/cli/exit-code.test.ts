import { describe, expect, it } from "vitest";

import { exitCodeHelp, exitCodeOfFailure } from "../../src/cli/exit-code.ts";

describe("exit codes", () => {
  it.each([
    ["USAGE", 2],
    ["CONFIG", 2],
    ["STATE_FORMAT", 2],
    ["DAMAGE", 3],
    ["SOURCE_UNREACHABLE", 4],
    ["SOURCE_SHRUNK", 4],
    ["LOCAL_IO", 5],
    ["CLOCK", 5],
    ["RELOAD", 5],
    ["HISTORY_BEHIND_SITE", 5],
    ["LOCKED", 75],
  ] as const)("%s ends with %d", (code, exit) => {
    expect(exitCodeOfFailure(code)).toBe(exit);
  });

  it("are listed in help in ascending order, those of every command always", () => {
    const codes = [...exitCodeHelp([75, 4]).matchAll(/^ +(\d+) {2}/gm)].map((match) => Number(match[1]));
    expect(codes).toEqual([0, 1, 2, 4, 75, 130, 143]);
    expect(exitCodeHelp().split("\n")).toHaveLength(10);
  });

  it("fit a line of eighty characters each", () => {
    for (const line of exitCodeHelp().split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});
