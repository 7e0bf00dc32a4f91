import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror, after, day, said } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const layouts = ["shared", "hardlinks", "copies"];

describe.each(layouts)("asof recover --adopt in layout %s", (layout) => {
  it("takes back from the site what an old backup of the state lacks, to the last byte", async () => {
    const mirror = await withOldState({ top: { layout } });
    const run = await mirror.ok("recover", "--adopt");
    expect(run.out).toBe("repo: took 2 checkpoints back\n");
    expect(mirror.state()).toEqual(mirror.whole);
    const site = mirror.site();
    expect((await mirror.ok("update")).out).toContain("nothing new");
    expect(mirror.site()).toEqual(site);
    mirror.at(10 * day);
    mirror.offer({ a: "four" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(day), after(2 * day), after(10 * day)]);
  });

  it("takes everything back when the whole state is lost", async () => {
    const mirror = await withOldState({ top: { layout } });
    rmSync(mirror.file("state"), { recursive: true });
    await mirror.ok("recover", "--adopt");
    expect(mirror.state()).toEqual(mirror.whole);
  });

  it("takes nothing that is not what was published", async () => {
    const mirror = await withOldState({ top: { layout } });
    const file = mirror.file(`public/snapshots/repo/${after(2 * day)}/a`);
    rmSync(file);
    writeFileSync(file, "evil!", { mode: 0o444 });
    const before = mirror.everything();
    const run = await mirror.run("recover", "--adopt");
    expect(run.exit, said(run)).toBe(5);
    expect(run.err).toContain(`is not as checkpoint ${after(2 * day)} was published`);
    expect(mirror.everything().site).toEqual(before.site);
    expect(mirror.everything().rules).toEqual(before.rules);
    expect(mirror.events()).toHaveLength(4);
  });
});

describe("asof recover --lost-until", () => {
  it("answers 410 for what nobody knows any more, for ever, and goes on after it", async () => {
    const mirror = await withOldState({});
    mirror.at(3 * day);
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).toContain("that are not known any more answer 410");
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(await answer(mirror, after(day))).toContain("410");
    expect(await answer(mirror, after(2 * day + 5))).toContain("410");
    expect(await answer(mirror, after(1))).toContain("410");
    expect(await answer(mirror, after(0))).toContain("200");
    expect(mirror.page("snapshots/repo/index.html")).toContain("history lost");
    mirror.at(4 * day);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(4 * day)]);
    expect(await answer(mirror, after(2 * day))).toContain("410");
    expect(await answer(mirror, after(4 * day))).toContain("200");
  });

  it("does so where pruned checkpoints redirect, too", async () => {
    const mirror = await withOldState({ top: { pruned: "redirect" }, repository: { settled: false } });
    mirror.at(3 * day);
    await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(await answer(mirror, after(day))).toContain("410");
  });

  it.each([
    ["a second that the site settled", after(day), "the site gave settled answers of repo up to"],
    ["the future", after(100 * day), "has not come yet"],
    ["no time", "yesterday", "is no time"],
  ])("refuses %s", async (_, until, message) => {
    const mirror = await withOldState({});
    mirror.at(3 * day);
    const before = mirror.everything();
    const run = await mirror.run("recover", "--lost-until", until);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(message);
    expect(mirror.everything()).toEqual(before);
  });
});

describe("asof recover", () => {
  it("says that nothing is lost, and what to say, when that is so", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    for (const argv of [["--adopt"], ["--lost-until", after(5)]]) {
      const run = await mirror.run("recover", ...argv);
      expect(run.exit).toBe(2);
      expect(run.err).toContain("there is nothing to recover");
    }
    expect((await mirror.run("recover")).err).toContain("say one of --adopt and --lost-until TIME");
  });

  it("is what the other commands name when they refuse to write", async () => {
    const mirror = await withOldState({});
    const run = await mirror.run("update");
    expect(run.exit).toBe(5);
    expect(run.err).toContain("asof recover --adopt");
    expect((await mirror.ok("recover", "--adopt", "--dry-run")).out).toContain("the state knows 4 events, the site");
    expect(mirror.events()).toHaveLength(4);
  });
});

interface Restored extends Mirror {
  /** The state as it was before the old one came back. */
  readonly whole: object;
  state(): object;
}

/** Three checkpoints in the site, and the state as it was after the first. */
async function withOldState(settings: MirrorSettings): Promise<Restored> {
  const mirror = aMirror(settings);
  mirror.offer({ a: "one", "dir/b": "one", "dir/deep/c": "", "simple/index.html": "own" });
  await mirror.ok("update");
  cpSync(mirror.file("state"), mirror.file("backup"), { recursive: true, preserveTimestamps: true });
  for (const [index, text] of ["two", "three"].entries()) {
    mirror.at((index + 1) * day);
    mirror.offer({ a: text, "dir/b": "one", "dir/deep/c": "", "dir/deep/d": text, "simple/index.html": "own" });
    await mirror.ok("update");
  }
  // The identity of the directory, and how often a plain distribution was built.
  const state = (): object => ({ ...mirror.everything().state, FORMAT: "", "plain/plain.json": "" });
  const whole = state();
  rmSync(mirror.file("state"), { recursive: true });
  renameSync(mirror.file("backup"), mirror.file("state"));
  return { ...mirror, whole, state };
}

async function answer(mirror: Mirror, time: string): Promise<string> {
  return (await mirror.ok("resolve", "snapshots", time)).out;
}
