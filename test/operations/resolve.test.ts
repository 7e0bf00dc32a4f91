import { describe, expect, it } from "vitest";

import { aMirror, after } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

describe("asof resolve", () => {
  it("says of a time before the first checkpoint which one is the first", async () => {
    const mirror = await threeCheckpoints();
    const { out } = await mirror.ok("resolve", "snapshots", "2020-01-01");
    expect(out).toBe(`/snapshots/repo/20200101T000000Z/\n404 this time is before the first checkpoint, ${after(0)}\n`);
    expect(await json(mirror, "2020-01-01")).toMatchObject({
      answer: { kind: "missing" },
      missing: { reason: "before-first", first: after(0), oldest: after(0) },
    });
  });

  it("says which is the oldest that is left when the first ones are gone", async () => {
    const mirror = await threeCheckpoints();
    mirror.configure({ repository: { retain: { last: 2 } } });
    await mirror.ok("prune");
    const { out } = await mirror.ok("resolve", "snapshots", "2020-01-01");
    expect(out).toContain(
      `the first checkpoint, ${after(0)}, which is gone; the oldest that is left is ${after(60)}\n`,
    );
  });

  it("begins, where pruned ones are passed over, with the first that is kept", async () => {
    const settings: MirrorSettings = { top: { pruned: "redirect" }, repository: { settled: false } };
    const mirror = await threeCheckpoints(settings);
    mirror.configure({ ...settings, repository: { settled: false, retain: { last: 2 } } });
    await mirror.ok("prune");
    const { out } = await mirror.ok("resolve", "snapshots", after(30));
    expect(out).toContain(`404 this time is before the first checkpoint, ${after(60)}\n`);
  });

  it("says of a time in the future what time it is, and which checkpoint is the newest", async () => {
    const mirror = await threeCheckpoints();
    const { out } = await mirror.ok("resolve", "snapshots", "2099-01-01");
    expect(out).toContain(
      `404 this time is in the future (it is ${after(120)} now): nobody knows yet what it will hold.`,
    );
    expect(out).toContain(`The newest checkpoint is ${after(120)}, to which "latest" leads\n`);
    expect(await json(mirror, "2099-01-01")).toMatchObject({
      missing: { reason: "future", now: after(120), newest: after(120) },
    });
  });

  it("says that there is no checkpoint where there is none, and gives no such reason for an answer", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    await mirror.ok("sync");
    for (const time of ["latest", "2020-01-01", "2099-01-01"])
      expect((await mirror.ok("resolve", "snapshots", time)).out).toContain("404 there is no checkpoint\n");
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(await json(mirror, "latest")).toMatchObject({ answer: { kind: "redirect" }, missing: null });
  });
});

describe("asof publish --version", () => {
  it("is refused with the command to use instead, and what became of older versions", async () => {
    const mirror = await threeCheckpoints();
    for (const argv of [[], ["--dry-run"]]) {
      const refused = await mirror.run("publish", "repo", "--version", "1", "--checkpoint", ...argv);
      expect(refused).toMatchObject({ exit: 2, out: "" });
      expect(refused.err).toContain("a checkpoint is always made from the latest version, which is 3");
      expect(refused.err).toContain("leave --version out: asof publish repo --checkpoint publishes version 3");
    }
    const plain = await mirror.run("publish", "repo", "--version", "3");
    expect(plain.exit).toBe(2);
    expect(plain.err).toContain("leave --version out: asof publish repo publishes version 3;");
  });

  it("says of a version that is not there which one is the latest", async () => {
    const mirror = await threeCheckpoints();
    const refused = await mirror.run("publish", "repo", "--version", "99", "--checkpoint");
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toContain("repo has no version 99: its latest is 3");
    expect(refused.err).toContain("asof publish repo --checkpoint");
  });
});

async function threeCheckpoints(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  for (const index of [0, 1, 2]) {
    mirror.at(index * 60);
    mirror.offer({ a: `content ${index}` });
    await mirror.ok("update");
  }
  return mirror;
}

async function json(mirror: Mirror, time: string): Promise<unknown> {
  return JSON.parse((await mirror.ok("resolve", "snapshots", time, "--json")).out);
}
