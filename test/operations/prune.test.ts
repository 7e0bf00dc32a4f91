import { existsSync, readdirSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { expectExactlyReachable } from "./exactly-reachable.ts";
import { aMirror, after, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const retainTwo = { retain: { checkpoints: 2 } };
const five = [0, 60, 120, 180, 240].map(after);

describe("prune, keeping two of five", () => {
  it("prints with --dry-run the plan that it then carries out, and writes nothing", async () => {
    const mirror = await fiveCheckpoints({ repository: retainTwo });
    const before = mirror.everything();
    const dry = await mirror.ok("prune", "--dry-run");
    expect(mirror.everything()).toEqual(before);
    expect(dry.out.split("\n").slice(0, -1)).toEqual([
      ...five.slice(0, 3).map((at) => `repo ${at} remove retention: not among the newest 2`),
      `repo ${five[3]} keep   checkpoints 2 of 2`,
      `repo ${five[4]} keep   the newest, checkpoints 1 of 2`,
    ]);
    expect((await mirror.ok("prune")).out).toBe(dry.out);
  });

  it("leaves tombstones, pages for 410, and lists without what was pruned; the files stay for the grace time", async () => {
    const mirror = await fiveCheckpoints({ repository: retainTwo });
    const files = mirror.everything().state;
    await mirror.ok("prune");
    expect(mirror.events().filter(({ type }) => type === "tombstone")).toMatchObject(
      five.slice(0, 3).map((checkpoint) => ({ checkpoint, reason: "retention: not among the newest 2" })),
    );
    expect(readdirSync(mirror.file("public/snapshots/repo/_asof/gone"))).toEqual([`${five[0]}.html`]);
    const gone = mirror.page(`snapshots/repo/_asof/gone/${five[0]}.html`);
    expect(gone).toContain("not among the newest 2");
    expect(gone).toContain(`/snapshots/repo/${five[3]}/`);
    const list = mirror.page("snapshots/repo/index.html");
    for (const at of five.slice(0, 3)) expect(list).not.toContain(`href="./${at}/"`);
    for (const at of five.slice(3)) expect(list).toContain(`${at}/`);
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({
      checkpoints: [{ time: five[3] }, { time: five[4] }],
      gone: [{ from: five[0], until: five[2], count: 3 }],
    });
    expect((await mirror.ok("resolve", "snapshots", "2025-03-18T14:04:00Z")).out).toContain("410");
    expect(mirror.checkpoints()).toEqual(five);
    expect(Object.keys(mirror.everything().state)).toEqual(expect.arrayContaining(Object.keys(files)));
  });

  it("removes after the grace time what nothing needs any more, and nothing else", async () => {
    const mirror = await fiveCheckpoints({ repository: retainTwo, top: { grace: "1h" } });
    mirror.at(300);
    await mirror.ok("prune");
    mirror.at(300 + 3599);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual(five);
    mirror.at(300 + 3600);
    const run = await mirror.ok("update");
    expect(run.out).toMatch(/swept: 3 pruned directories, [1-9]\d* shared directories, [1-9]\d* objects/);
    expect(mirror.checkpoints()).toEqual(five.slice(3));
    expectExactlyReachable(mirror);
    expect(existsSync(mirror.file(`public/snapshots/repo/_asof/gone/${five[0]}.html`))).toBe(true);
    const kept = mirror.everything();
    for (const name of ["public", "rules"]) rmSync(mirror.file(name), { recursive: true });
    await mirror.ok("build");
    expect(mirror.everything()).toEqual(kept);
  });

  it("deletes nothing while the reload command fails, and starts the grace time when it works", async () => {
    const reload = ["sh", "-c", "test ! -e broken"];
    const mirror = await fiveCheckpoints({ repository: retainTwo, top: { grace: 60, reload } });
    mirror.write("broken", "");
    const { state } = mirror.everything();
    for (const seconds of [300, 400, 4000]) {
      mirror.at(seconds);
      expect((await mirror.run(seconds === 300 ? "prune" : "update")).exit).toBe(5);
      expect(mirror.checkpoints()).toEqual(five);
      expect(Object.keys(mirror.everything().state)).toEqual(Object.keys(state));
    }
    rmSync(mirror.file("broken"));
    mirror.at(5000);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual(five);
    mirror.at(5060);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual(five.slice(3));
    expectExactlyReachable(mirror);
  });

  it("keeps one page for a run of tombstones, and drops years that have nothing left once the rules are loaded", async () => {
    const reload = ["sh", "-c", "test ! -e broken"];
    const mirror = aMirror({ repository: { retain: { checkpoints: 1 } }, top: { grace: 0, reload } });
    const years = () => readdirSync(mirror.file("public/snapshots/repo/checkpoints"));
    for (const [round, seconds] of [0, 300 * 86_400].entries()) {
      mirror.at(seconds);
      mirror.offer({ "dir/file": `round ${round}` });
      if (round === 1) mirror.write("broken", "");
      expect((await mirror.run("update")).exit).toBe(round === 1 ? 5 : 0);
    }
    expect(years()).toEqual(["2025.json", "2026.json"]);
    rmSync(mirror.file("broken"));
    mirror.at(301 * 86_400);
    mirror.offer({ "dir/file": "round 3" });
    await mirror.ok("update");
    expect(years()).toEqual(["2026.json"]);
    expect(mirror.checkpoints()).toHaveLength(1);
    expect(readdirSync(mirror.file("public/snapshots/repo/_asof/gone"))).toEqual([`${after(0)}.html`]);
    expectExactlyReachable(mirror);
  });
});

describe("retention in an update", () => {
  it("always keeps the newest checkpoint, and says what it pruned", async () => {
    const mirror = aMirror({ repository: { retain: { checkpoints: 1 } } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: "two" });
    expect((await mirror.ok("update")).out).toContain(`repo: pruned ${after(0)}\n`);
    mirror.at(120);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
    expect((await mirror.ok("list")).out).toContain(`repo ${after(0)} gone: retention`);
  });

  it("protects the version that was published last, which a plain distribution would serve, and the latest one", async () => {
    const settings = { repository: { retain: { checkpoints: 1 } }, remote: { mode: "mirror" }, top: { grace: 0 } };
    const mirror = aMirror({ ...settings, distributions: { snapshots: plainAndCheckpoints.snapshots } });
    mirror.offer({ first: "1" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ second: "2" });
    await mirror.ok("sync");
    await mirror.ok("publish", "repo");
    mirror.at(120);
    for (const content of ["never published", "3"]) {
      mirror.offer({ third: content });
      await mirror.ok("sync");
    }
    mirror.at(180);
    await mirror.ok("prune");
    expect((await mirror.ok("list", "--versions")).out).toBe(
      [
        "repo version 0 0 files, 0 bytes cleaned up",
        "repo version 1 1 file, 1 byte kept",
        "repo version 2 1 file, 1 byte kept",
        "repo version 3 1 file, 15 bytes cleaned up",
        "repo version 4 1 file, 1 byte kept",
        "",
      ].join("\n"),
    );
    mirror.configure(settings);
    await mirror.ok("build");
    expect(mirror.page("plain/second")).toBe("2");
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(mirror.page("plain/third")).toBe("3");
    expect(mirror.page("plain/second")).toBe("2");
  });
});

async function fiveCheckpoints(settings: MirrorSettings): Promise<Mirror> {
  const mirror = aMirror();
  const distributions = { snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true } };
  mirror.configure({ ...settings, repository: {}, distributions });
  for (let round = 0; round < 5; round++) {
    mirror.at(round * 60);
    mirror.offer({ "same/file": "same", "often/file": `round ${round}`, [`once/${round}/file`]: `only ${round}` });
    await mirror.ok("update");
  }
  mirror.configure({ ...settings, distributions });
  return mirror;
}
