import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { secondsOf } from "../../src/model/timestamp.ts";
import { manifestOf, startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { aMirror, after, beginning, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("the horizon", () => {
  const horizon = (mirror: Mirror): unknown => mirror.json("snapshots/repo/checkpoints.json");

  it("becomes the newest checkpoint, and moves when a horizon step has passed with nothing new", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    expect(horizon(mirror)).toMatchObject({ horizon: after(0) });
    const before = mirror.everything();
    mirror.at(day - 2);
    expect((await mirror.ok("update")).out).not.toContain("settled now");
    expect(mirror.everything()).toEqual(before);
    mirror.at(day);
    expect((await mirror.ok("update")).out).toBe(
      `repo: nothing new (1 file, 3 bytes)\nrepo: answers up to ${after(day)} are settled now\n`,
    );
    expect(horizon(mirror)).toMatchObject({ horizon: after(day) });
    expect(mirror.events().at(-1)).toMatchObject({ type: "horizon", horizon: after(day) });
    mirror.at(day + 3600);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });

  it("moves in steps of the configured length", async () => {
    const mirror = aMirror({ repository: { horizon_step: "1h" } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.at(3600);
    await mirror.ok("update");
    mirror.at(7200);
    await mirror.ok("update");
    expect(horizon(mirror)).toMatchObject({ horizon: after(7200) });
  });

  it("is taken from the log by build, never from the clock", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const before = mirror.everything();
    mirror.at(30 * day);
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
    expect(mirror.everything()).toEqual(before);
  });

  it("never falls, whatever clock is accepted", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.at(2 * day);
    await mirror.ok("update");
    mirror.at(day);
    await mirror.ok("update", "--accept-clock");
    expect(horizon(mirror)).toMatchObject({ horizon: after(2 * day) });
    mirror.offer({ a: "two" });
    await mirror.ok("update", "--accept-clock");
    expect(mirror.checkpoints()).toEqual([after(0), after(2 * day + 1)]);
    expect(horizon(mirror)).toMatchObject({ horizon: after(2 * day + 1) });
  });
});

describe("a clock that cannot be right", () => {
  async function expectRefusal(mirror: Mirror, reason: string): Promise<void> {
    const before = mirror.everything();
    for (const command of [["update"], ["sync"]]) {
      const run = await mirror.run(...command);
      expect(run.exit, run.err).toBe(5);
      expect(run.err).toContain(reason);
      expect(run.err).toContain("--accept-clock");
      expect(mirror.everything()).toEqual(before);
    }
  }

  it("is refused when it is earlier than the horizon", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.offer({ a: "two" });
    mirror.at(-10);
    await expectRefusal(mirror, "is earlier than 2025-03-18T14:03:38Z, up to which answers are already given");
    expect((await mirror.run("publish", "repo", "--checkpoint")).exit).toBe(5);
    await mirror.ok("update", "--accept-clock");
    expect(mirror.checkpoints()).toEqual([after(0), after(1)]);
  });

  it("is refused when it is more than 400 days after the last run", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.offer({ a: "two" });
    mirror.at(401 * day);
    await expectRefusal(mirror, "more than 400 days after the last run, 2025-03-18T14:03:38Z");
    await mirror.ok("update", "--accept-clock");
    expect(mirror.checkpoints()).toEqual([after(0), after(401 * day)]);
  });

  describe("by the source's own", () => {
    let origin: OriginServer;
    beforeEach(async () => {
      origin = await startOrigin();
    });
    afterEach(() => origin.close());

    function offerAt(seconds: number, files: Readonly<Record<string, string>>, age = 0): void {
      const headers = { date: new Date((beginning + seconds) * 1000).toUTCString(), age: String(age) };
      origin.publish("/r/", files);
      origin.answer("/r/PULP_MANIFEST", { kind: "bytes", body: manifestOf(files), headers });
    }

    it("is refused when they are more than ten minutes apart, either way", async () => {
      const mirror = aMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
      offerAt(0, { a: "one" });
      await mirror.ok("update");
      for (const skew of [-700, 700]) {
        mirror.at(3600);
        offerAt(3600 + skew, { a: "two" });
        await expectRefusal(mirror, "more than ten minutes from the source's");
      }
      offerAt(3600 + 500, { a: "two" });
      await mirror.ok("update");
      expect(mirror.checkpoints()).toEqual([after(0), after(3600)]);
    });

    it("is compared with what a cache on the way was told, plus its age", async () => {
      const mirror = aMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
      mirror.at(3600);
      offerAt(0, { a: "one" }, 3500);
      await mirror.ok("update");
      expect(mirror.checkpoints()).toEqual([after(3600)]);
    });

    it("is believed with --accept-clock", async () => {
      const mirror = aMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
      offerAt(3600, { a: "one" });
      expect((await mirror.run("update")).exit).toBe(5);
      expect(mirror.checkpoints()).toEqual([]);
      await mirror.ok("update", "--accept-clock");
      expect(mirror.checkpoints()).toEqual([after(0)]);
    });
  });
});

describe("checkpoints within one second", () => {
  it("get names that strictly increase: the second waits for the next second", async () => {
    const mirror = aMirror();
    mirror.setClock(beginning);
    for (let times = 0; times < 3; times++) await mirror.ok("publish", "repo", "--checkpoint");
    const names = mirror.checkpoints();
    expect(names).toHaveLength(3);
    expect(names.map(secondsOf)).toEqual(names.map(secondsOf).toSorted((a, b) => a - b));
    expect(new Set(names).size).toBe(3);
    expect(mirror.clock()).toBeGreaterThanOrEqual(secondsOf(names[2] ?? after(0)));
  });
});
