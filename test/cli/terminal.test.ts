import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { openProgress, progressLine, showsProgress } from "../../src/cli/progress.ts";
import { wantsColor } from "../../src/cli/terminal.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

describe("colour", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
  ])("with %j and a terminal: %s, is wanted: %s", (env, isTty, wanted) => {
    expect(wantsColor(env, isTty)).toBe(wanted);
  });
});

describe("a progress line", () => {
  it.each([
    [{ label: "read myfile" }, 80, "read myfile"],
    [{ label: "read", done: 3 }, 80, "read  3"],
    [{ label: "read", done: 5, total: 10 }, 80, `read  [${"#".repeat(10)}${"-".repeat(10)}]  5/10`],
    [{ label: "read", done: 0, total: 0 }, 80, "read  0/0"],
    [{ label: "read", done: 1, total: 1, bytes: 1_572_864 }, 80, `read  [${"#".repeat(20)}]  1/1  1.5 MiB`],
    [{ label: "a long label" }, 8, "a long "],
  ])("for %j in %d columns is %j", (state, columns, line) => {
    expect(progressLine(state, columns)).toBe(line);
  });

  it.each([
    [{}, true],
    [{ isTty: false }, false],
    [{ quiet: true }, false],
    [{ json: true }, false],
    [{ env: { CI: "true" } }, false],
    [{ env: { CI: "" } }, true],
    [{ env: { TERM: "dumb" } }, false],
  ])("is shown with %j: %s", (change: { isTty?: boolean; quiet?: boolean; json?: boolean; env?: object }, shown) => {
    const { isTty = true, quiet = false, json = false, env = {} } = change;
    expect(showsProgress({ terminal: terminal([], isTty), env: { ...env }, quiet, json })).toBe(shown);
  });
});

describe("progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("draws the newest state ten times a second and takes it away", () => {
    const written: string[] = [];
    const progress = openProgress(terminal(written, true), true);
    for (let done = 0; done < 1000; done++) progress.update({ label: "read", done });
    expect(written).toEqual([]);
    vi.advanceTimersByTime(100);
    progress.update({ label: "read", done: 1000 });
    vi.advanceTimersByTime(99);
    expect(written).toEqual(["\r\u001B[2Kread  999"]);
    vi.advanceTimersByTime(1);
    progress.clear();
    progress.clear();
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(["\r\u001B[2Kread  999", "\r\u001B[2Kread  1000", "\r\u001B[2K"]);
  });

  it("draws nothing for what is over sooner, and nothing at all where it is not shown", () => {
    const written: string[] = [];
    const quick = openProgress(terminal(written, true), true);
    quick.update({ label: "read" });
    quick.clear();
    const hidden = openProgress(terminal(written, true), false);
    hidden.update({ label: "read" });
    vi.advanceTimersByTime(1000);
    hidden.clear();
    expect(written).toEqual([]);
  });
});

function terminal(written: string[], isTty: boolean): Terminal {
  const err = (text: string): void => {
    written.push(text);
  };
  return { out: err, err, isTty, columns: 80, color: { out: false, err: false } };
}
