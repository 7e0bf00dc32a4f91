import { describe, expect, it } from "vitest";

import { aPulpMirror, c1, c2, c3, c4, t1, t2, t3, t4 } from "./pulp-mirror.ts";
import { said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const unsettled = { repository: { settled: false } };

describe.each([true, false])("a publication that is still being made (API: %s)", (withApi) => {
  it("is not taken, nor what was begun after it; both are, once it is done", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.publish(t1, { a: "one" });
    const slow = pulp.publish(t2, { a: "two" }, { complete: false });
    pulp.publish(t3, { a: "three" });
    const run = await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
    expect(run.err).toContain(c2);
    pulp.finish(slow);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("two");
  });

  it("settles nothing from its second on", async () => {
    const { pulp, mirror, at } = await aPulpMirror({ withApi });
    pulp.publish(t1, { a: "one" });
    pulp.publish("2025-02-10T00:00:00Z", { a: "two" }, { complete: false });
    at("20250220T000000Z");
    await mirror.ok("update");
    expect(horizonOf(mirror)).toBe("20250209T235959Z");
  });

  it("holds nothing back where answers may be revised", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi, ...unsettled });
    pulp.publish(t1, { a: "one" });
    const slow = pulp.publish(t2, { a: "two" }, { complete: false });
    pulp.publish(t3, { a: "three" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c3]);
    pulp.finish(slow);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(mirror.page("plain/a")).toBe("three");
    await mirror.ok("verify");
  });

  it("never gets the manifest or the files of another one, which Pulp gives for what it lacks", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi, ...unsettled });
    pulp.world.gracePeriod = true;
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "two" }, { complete: false });
    pulp.publish(t3, { a: "three", b: "new" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c3]);
  });

  it("in a second that has a complete one, waits for both", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.world.gracePeriod = true;
    pulp.publish(t2, { a: "early" });
    const late = pulp.publish("2025-01-30T20:50:00.900000Z", { a: "late" }, { complete: false });
    const run = await mirror.ok("update");
    expect(run.err, said(run)).toContain("left for the next run");
    expect(run.out).not.toContain(c2);
    pulp.finish(late);
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("late");
  });
});

describe("the horizon", () => {
  it("is Pulp's own clock, a second before the run began", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    await mirror.ok("update");
    expect(horizonOf(mirror)).toBe(c1);
    pulp.setNow(Date.UTC(2025, 1, 1, 12, 0, 30) / 1000);
    mirror.setClock(Date.UTC(2025, 1, 1, 12, 0, 1) / 1000);
    await mirror.ok("update");
    expect(horizonOf(mirror)).toBe("20250201T120029Z");
  });

  it("never passes a second that is not over: what was made just now is taken by the next run", async () => {
    const { pulp, mirror, at } = await aPulpMirror();
    at(c2);
    pulp.publish(t1, { a: "one" });
    pulp.publish("2025-01-30T20:50:00.100000Z", { a: "two" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
    pulp.publish("2025-01-30T20:50:00.700000Z", { a: "three" });
    at("20250130T205001Z");
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2]);
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("three");
  });

  it("is not moved by a run that met a publication in the middle of its lists", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.fault("publications", {
      first: () => void pulp.publish("2025-01-30T22:00:00.1Z", { a: "two" }, { complete: false }),
    });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
    pulp.heal();
    const [, second] = pulp.world.publications;
    if (second !== undefined) pulp.finish(second);
    pulp.setNow(Date.UTC(2025, 0, 30, 22, 1) / 1000);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, "20250130T220000Z"]);
  });

  it("stays behind what Pulp's cache may not know yet", async () => {
    const { pulp, mirror, at } = await aPulpMirror({ repository: { horizon_step: "1m" } });
    pulp.publish(t1, { a: "one" });
    at("20250131T120000Z");
    pulp.publish("2025-01-31T11:55:00Z", { a: "begun after the listing was kept" }, { complete: false });
    const old = { rewrite: (body: string) => body.replaceAll(/<a href="\.\/20250131T115500Z.*\n/g, "") };
    pulp.fault("checkpoint/myfile/", { ...old, headers: { "x-pulp-cache": "HIT" } });
    await mirror.ok("update");
    expect(horizonOf(mirror)).toBe("20250131T114959Z");
  });

  it("needs Pulp's clock near ours", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.setNow(Date.UTC(2025, 0, 30, 23) / 1000);
    expect(await mirror.run("update")).toMatchObject({ exit: 5, err: expect.stringContaining("ten minutes") });
    expect((await mirror.run("update", "--accept-clock")).exit).toBe(0);
    expect(mirror.checkpoints()).toEqual([c1]);
  });

  it("needs a Date in Pulp's answers", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.fault("checkpoint/myfile/", { without: "date" });
    expect(await mirror.run("update")).toMatchObject({ exit: 4, err: expect.stringContaining("no Date") });
  });
});

describe("a checkpoint that comes after its second was settled", () => {
  it("is refused with exit 4, and does not keep newer ones away", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.publish(t3, { a: "three" });
    await mirror.ok("update");
    pulp.publish(t2, { a: "late" });
    pulp.publish(t4, { a: "four" });
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining(c2) });
    expect(mirror.checkpoints()).toEqual([c1, c3, c4]);
    expect((await mirror.run("update")).exit).toBe(4);
    expect(mirror.json("status.json")).toMatchObject({ repositories: [{ failure: "SOURCE_LATE" }] });
  });

  it("is taken where answers may be revised, between those that are there", async () => {
    const { pulp, mirror, remote } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.publish(t3, { a: "three" });
    await mirror.ok("update");
    pulp.publish(t2, { a: "late" });
    mirror.configure({ remote, ...unsettled });
    expect((await mirror.run("update")).exit).toBe(2);
    await mirror.ok("update", "--accept");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("late");
    expect(mirror.page("plain/a")).toBe("three");
    expect((await mirror.ok("update")).out).toContain("nothing");
    await mirror.ok("verify");
  });

  it("in the very second of another one is refused, and the other one stays", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t2, { a: "first" });
    await mirror.ok("update");
    pulp.publish("2025-01-30T20:50:00.900000Z", { a: "second" });
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining("another publication") });
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("first");
  });
});

describe("several checkpoints in one second", () => {
  it("are the last one, as for Pulp; nothing of the others is asked for", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish("2025-01-30T20:50:00Z", { a: "first", x: "x" });
    pulp.publish("2025-01-30T20:50:00.100000Z", { a: "last" });
    pulp.publish("2025-01-30T20:50:00.050000Z", { a: "middle" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c2]);
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("last");
    expect(pulp.files().length).toBe(2);
    expect((await mirror.ok("update")).out).toContain("nothing");
  });
});

describe("retention on Pulp's side", () => {
  it("takes nothing away here", async () => {
    const { pulp, mirror } = await aPulpMirror();
    const old = pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "two" });
    await mirror.ok("update");
    pulp.remove(old);
    expect((await mirror.ok("update")).out).toContain("nothing");
    expect(mirror.checkpoints()).toEqual([c1, c2]);
  });

  it("is followed where that is asked for, for what came from there alone", async () => {
    const { pulp, mirror, at } = await aPulpMirror({ top: { grace: "0s" }, remote: { follow_retention: true } });
    mirror.write("shelf/20240101T000000Z/old", "imported");
    await mirror.ok("import", "repo", "shelf");
    const old = pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "two" });
    await mirror.ok("update");
    pulp.remove(old);
    expect((await mirror.ok("update", "--dry-run")).out).toContain(`${c1} is to be pruned`);
    expect((await mirror.ok("update")).out).toContain(`pruned ${c1}`);
    at("20250130T230000Z");
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual(["20240101T000000Z", c2]);
  });

  it("that took the newest one is none: a server without it is another one", async () => {
    const { pulp, mirror } = await aPulpMirror({ remote: { follow_retention: true } });
    pulp.publish(t1, { a: "one" });
    const newest = pulp.publish(t2, { a: "two" });
    await mirror.ok("update");
    pulp.remove(newest);
    expect(await mirror.run("update")).toMatchObject({ exit: 4, err: expect.stringContaining("--allow-shrink") });
    await mirror.ok("update", "--allow-shrink");
    expect((await mirror.ok("list")).out).toContain(`${c2} gone`);
  });

  it("between the list and the files leaves that one out, and goes on when it is known", async () => {
    for (const withApi of [true, false]) {
      const { pulp, mirror } = await aPulpMirror({ withApi });
      pulp.publish(t1, { x: "x" });
      const old = pulp.publish(t2, { a: "one", b: "two" });
      pulp.publish(t3, { a: "three" });
      pulp.fault(`${c2}/a`, { first: () => pulp.remove(old) });
      const run = await mirror.ok("update");
      expect(run.err).toContain(`no checkpoint ${c2} any more`);
      expect(mirror.checkpoints()).toEqual([c1]);
      pulp.heal();
      await mirror.ok("update");
      expect(mirror.checkpoints()).toEqual([c1, c3]);
    }
  });
});

describe("what was taken out of sight here", () => {
  it("does not come back: not under its own second, not under another one", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "bad" });
    await mirror.ok("update");
    await mirror.ok("withdraw", "snapshots", c2, "--reason", "malware");
    await mirror.ok("update");
    pulp.publish(t3, { a: "bad" });
    const run = await mirror.ok("update");
    expect(run.err).toContain("withdrawn");
    expect(mirror.checkpoints()).toEqual([c1]);
    pulp.targets.length = 0;
    await mirror.ok("update");
    expect(pulp.files()).toEqual([]);
    pulp.publish(t4, { a: "good" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c4]);
    await mirror.ok("verify");
  });
});

function horizonOf(mirror: Mirror): unknown {
  const events = mirror.events().flatMap((event) => {
    if (event.type === "horizon") return [event["horizon"]];
    return event.type === "publication" ? [event["created"]] : [];
  });
  return events.toSorted().at(-1);
}
