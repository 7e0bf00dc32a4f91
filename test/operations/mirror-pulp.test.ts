import { existsSync, readdirSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { c1, c2, c3, aPulpMirror, t1, t2, t3 } from "./pulp-mirror.ts";
import { said } from "./mirror.ts";

describe.each([true, false])("a Pulp server (asked by its API: %s)", (withApi) => {
  it("is taken over whole, each checkpoint under Pulp's own second, each manifest byte for byte", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    const first = pulp.publish(t1, { a: "one", "dir/b": "two" });
    pulp.publish("2025-01-30T20:40:00Z", { a: "never seen" }, { checkpoint: false });
    pulp.publish(t2, { a: "one", "dir/b": "two again", "what? #1 & <50%>'\".txt": "odd" });
    const { out } = await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2]);
    expect(mirror.page(`snapshots/repo/${c1}/dir/b`)).toBe("two");
    expect(mirror.page(`snapshots/repo/${c2}/what? #1 & <50%>'".txt`)).toBe("odd");
    expect(mirror.page(`snapshots/repo/${c1}/PULP_MANIFEST`)).toBe(first.published.get("PULP_MANIFEST"));
    expect(out).toContain(`repo: checkpoint ${c1} (2 files`);
    expect(out).toContain(`repo: checkpoint ${c2} (3 files`);
    await mirror.ok("verify");
  });

  it("is asked for nothing that stands", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.publish(t1, { a: "one", "dir/b": "two" });
    pulp.publish(t2, { a: "one", "dir/b": "two again" });
    await mirror.ok("update");
    expect(
      pulp
        .files()
        .map((target) => target.slice(-20))
        .filter((target) => target.endsWith("/a")),
    ).toHaveLength(1);
    pulp.targets.length = 0;
    const before = mirror.everything();
    expect((await mirror.ok("update")).out).toContain("nothing to do");
    expect(pulp.files()).toEqual([]);
    expect(mirror.everything()).toEqual(before);
    pulp.publish(t3, { a: "one", "dir/b": "three" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(pulp.files().map((target) => target.replace(/^.*myfile\//, ""))).toEqual([
      `${c3}/PULP_MANIFEST`,
      `${c3}/dir/b`,
    ]);
  });

  it("gives a checkpoint also where nothing changed, and where an older content is back", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "one" });
    pulp.publish(t3, { b: "two" });
    await mirror.ok("update");
    pulp.publish("2025-01-30T21:20:00Z", { a: "one" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3, "20250130T212000Z"]);
    expect(mirror.page("plain/a")).toBe("one");
  });

  it("is taken over with an empty checkpoint", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.publish(t1, {});
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/PULP_MANIFEST`)).toBe("");
  });

  it("may have no checkpoints yet", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    expect((await mirror.ok("update")).out).toContain("nothing");
    pulp.publish(t1, { a: "one" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
  });

  it("is asked for at most as much at a time as the configuration says", async () => {
    const { pulp, mirror } = await aPulpMirror({
      withApi,
      server: { delayMs: 30 },
      repository: { fetch: { concurrency: 3, retries: 0 } },
    });
    pulp.publish(
      t1,
      Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f${index}`, `${index}`.repeat(70_000)])),
    );
    await mirror.ok("update");
    expect(pulp.mostOpen()).toBe(3);
  });

  it("keeps its place when asof is killed in the middle: what is recorded is not asked for again", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi });
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "one", b: "two" });
    pulp.publish(t3, { a: "one", b: "two", c: "three" });
    const interrupt = new AbortController();
    pulp.fault(`${c2}/b`, { first: () => interrupt.abort(new Error("killed")) });
    expect((await mirror.runUntil(interrupt.signal, "update")).exit).not.toBe(0);
    pulp.heal();
    pulp.targets.length = 0;
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(pulp.files().filter((target) => target.includes(c1))).toEqual([]);
    await mirror.ok("verify");
  });
});

it("a run that is killed at any request leaves a mirror that the next one makes whole", async () => {
  const whole = await filled();
  await whole.mirror.ok("update");
  const requests = whole.pulp.targets.length;
  expect(requests).toBeGreaterThan(12);
  for (let number = 1; number <= requests; number++) {
    const { pulp, mirror } = await filled();
    const interrupt = new AbortController();
    const before = Array.from({ length: number - 1 }, () => "none" as const);
    pulp.fault("/", ...before, { first: () => interrupt.abort(new Error("killed")) });
    expect((await mirror.runUntil(interrupt.signal, "update")).exit, `killed at request ${number}`).not.toBe(0);
    pulp.heal();
    await mirror.ok("update");
    expect(mirror.checkpoints(), `killed at request ${number}`).toEqual([c1, c2, c3]);
    await mirror.ok("verify");
  }
}, 120_000);

async function filled(): ReturnType<typeof aPulpMirror> {
  const world = await aPulpMirror();
  world.pulp.publish(t1, { a: "one", "dir/b": "two" });
  world.pulp.publish(t2, { a: "one", "dir/b": "two again" });
  world.pulp.publish(t3, { c: "three" }, { manifest: null });
  return world;
}

describe("update --watch", () => {
  it("takes what comes while it runs", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    const watch = mirror.begin("update", "--watch", "--interval", "1");
    try {
      await expect.poll(() => existsSync(mirror.file(`public/snapshots/repo/${c1}`)), { timeout: 20_000 }).toBe(true);
      pulp.publish(t2, { a: "two" });
      await expect.poll(() => existsSync(mirror.file(`public/snapshots/repo/${c2}`)), { timeout: 20_000 }).toBe(true);
    } finally {
      await watch.stop();
    }
  }, 60_000);
});

describe("what there is to be done", () => {
  it("is told beforehand, and is what is done", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "two" }, { complete: false });
    pulp.publish(t3, { a: "three" });
    const plan = JSON.parse((await mirror.ok("update", "--dry-run", "--json")).out);
    expect(plan.repositories).toMatchObject([
      { repository: "repo", checkpoint: "yes", take: [c1], waiting: [c3], late: [] },
    ]);
    const { out } = await mirror.ok("update", "--dry-run");
    expect(out).toBe(`repo: ${c1} to be taken\nrepo: ${c3} has to wait: Pulp may still put one before it\n`);
    expect(pulp.files()).toEqual([]);
    const result = JSON.parse((await mirror.ok("update", "--json")).out);
    expect(result.repositories).toMatchObject([{ outcome: "checkpoint", checkpoint: c1, taken: [c1] }]);
  });

  it("is nothing for who would make a checkpoint here", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    await mirror.ok("update", "--always");
    expect(mirror.checkpoints()).toEqual([c1]);
    for (const argv of [
      ["publish", "repo", "--checkpoint"],
      ["publish", "repo", "--checkpoint", "--dry-run"],
      ["sync", "repo"],
    ]) {
      const run = await mirror.run(...argv);
      expect(run.exit, said(run)).toBe(2);
      expect(run.err).toContain("Pulp server");
    }
    await mirror.ok("sync");
  });

  it("is planned from the newest checkpoint where nothing was taken yet", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "one", b: "two" });
    expect((await mirror.ok("plan")).out).toContain("2 files");
  });
});

describe("damage", () => {
  it("is mended from the checkpoint that has the bytes still", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one and only" });
    pulp.publish(t2, { b: "two" });
    await mirror.ok("update");
    for (const name of readdirSync(mirror.file("state/objects")))
      rmSync(mirror.file(`state/objects/${name}`), { recursive: true });
    rmSync(mirror.file("public"), { recursive: true });
    await mirror.run("verify", "--repair");
    await mirror.ok("verify");
    expect(mirror.page(`snapshots/repo/${c1}/a`)).toBe("one and only");
  });
});
