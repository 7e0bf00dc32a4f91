import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { after, aMirror, day, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const base = "snapshots/repo";

describe("what a checkpoint changed", () => {
  it("stands beside it, against the one before, with the bytes before and after", async () => {
    const mirror = await threeCheckpoints();
    expect(changesOf(mirror, 0)).toMatchObject({ from: null, to: after(0), added: 0, changes: [] });
    expect(changesOf(mirror, 60)).toMatchObject({
      distribution: "snapshots",
      repository: "repo",
      from: after(0),
      to: after(60),
      added: 1,
      removed: 0,
      changed: 1,
      changes: [
        { kind: "changed", path: "a", bytes: 3, was: { bytes: 1 } },
        { kind: "added", path: "d/b", bytes: 3 },
      ],
    });
    const page = mirror.page(`${base}/_asof/${after(60)}/changes/index.html`);
    expect(page).toContain(`href="../../../${after(60)}/d/b"`);
    expect(page).toContain("Changed: other bytes under the same name.");
    expect(existsSync(mirror.file(`public/${base}/${after(60)}/d/b`))).toBe(true);
  });

  it("is told against another one when the one before it is pruned, and goes with its checkpoint", async () => {
    const mirror = await threeCheckpoints();
    mirror.configure({ top: { grace: "0s" }, repository: { retain: { within: "60s", checkpoints: 1 } }, remote });
    await mirror.ok("label", "repo", after(0), "first");
    mirror.at(180);
    await mirror.ok("prune");
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect(changesOf(mirror, 120)).toMatchObject({
      from: after(0),
      changes: [{ kind: "changed", path: "a", bytes: 5, was: { bytes: 1 } }],
    });
    expect(existsSync(mirror.file(`public/${base}/_asof/${after(60)}`))).toBe(false);
    await isWholeAndStill(mirror);
  });

  it("names nothing of a withdrawn one any more", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("withdraw", "repo", after(60), "--reason", "leak");
    expect(changesOf(mirror, 120)).toMatchObject({ from: after(0), added: 0, removed: 0, changed: 1 });
    expect(mirror.page(`${base}/_asof/${after(120)}/changes/index.html`)).not.toContain("d/");
    await isWholeAndStill(mirror);
  });

  it("is told in parts of a thousand, and parts go that are too many", async () => {
    const mirror = aMirror({ remote });
    const many = Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`f${index + 1000}`, "x"]));
    mirror.offer({ a: "1" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: "1", ...many });
    await mirror.ok("update");
    const [one, two, three] = ["changes.json", "changes-2.json", "changes-3.json"].map((name) =>
      list.parse(mirror.json(`${base}/_asof/${after(60)}/${name}`)),
    );
    const folder = mirror.file(`public/${base}/_asof/${after(60)}`);
    expect([one, two, three].map((part) => part?.changes.length)).toEqual([1000, 1000, 1]);
    expect([one, two, three].map((part) => [part?.part, part?.parts, part?.added])).toEqual([
      [1, 3, 2001],
      [2, 3, 2001],
      [3, 3, 2001],
    ]);
    expect(readdirSync(`${folder}/changes`).toSorted()).toEqual(["2.html", "3.html", "index.html"]);
    mirror.at(120);
    mirror.offer({ a: "1", ...many, b: "2" });
    await mirror.ok("update");
    mirror.configure({ repository: { retain: { checkpoints: 1 } }, remote });
    await mirror.ok("label", "repo", after(60), "kept");
    await mirror.ok("withdraw", "repo", after(0), "--reason", "half");
    // The oldest now: nothing is told of it.
    expect(readdirSync(`${folder}/changes`)).toEqual(["index.html"]);
    expect(readdirSync(folder).filter((name) => name.startsWith("changes"))).toEqual(["changes", "changes.json"]);
    await isWholeAndStill(mirror);
  });

  it("is made for every checkpoint by the first build after an asof that made none, and after the cache was lost", async () => {
    const mirror = await threeCheckpoints();
    const whole = mirror.site();
    for (const seconds of [0, 60, 120]) {
      rmSync(mirror.file(`public/${base}/_asof/${after(seconds)}/changes`), { recursive: true });
      rmSync(mirror.file(`public/${base}/_asof/${after(seconds)}/changes.json`));
    }
    rmSync(mirror.file("state/cache"), { recursive: true });
    await mirror.ok("build");
    expect(mirror.site()).toEqual(whole);
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  });

  it("is told by a dry run before it is made", async () => {
    const mirror = await threeCheckpoints();
    rmSync(mirror.file(`public/${base}/_asof/${after(60)}/changes.json`));
    rmSync(mirror.file("state/cache/snapshots+repo.changes"));
    rmSync(mirror.file("state/cache/made.json"));
    expect((await mirror.ok("build", "--dry-run")).out).toContain(`changes of ${base}/${after(60)}/\n`);
    await mirror.ok("build");
    expect(changesOf(mirror, 60)).toMatchObject({ from: after(0) });
  });

  it("is not looked at again by a run with nothing to do", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("update");
    const file = mirror.file(`public/${base}/_asof/${after(60)}/changes.json`);
    const { atimeMs, ino } = statSync(file);
    await mirror.ok("update");
    expect(statSync(file)).toMatchObject({ atimeMs, ino });
  });

  it.each(["changes.json", "changes/index.html"])("is found damaged and mended: %s", async (name) => {
    const mirror = await threeCheckpoints();
    const whole = mirror.site();
    const file = mirror.file(`public/${base}/_asof/${after(60)}/${name}`);
    for (const damage of [() => writeFileSync(file, `${readFileSync(file, "utf8")} `), () => rmSync(file)]) {
      damage();
      expect((await mirror.run("verify")).exit).toBe(3);
      await mirror.ok("verify", "--repair");
      expect(mirror.site()).toEqual(whole);
    }
  });

  it("leads to nothing that was taken down", async () => {
    const mirror = await threeCheckpoints();
    // What was dropped by a plain distribution is not the point here.
    mirror.configure({ remote, distributions: { snapshots: plainAndCheckpoints.snapshots } });
    await mirror.ok("remove", "plain");
    const [, added] = list.parse(changesOf(mirror, 60)).changes;
    await mirror.ok("take-down", added?.sha256 ?? "", "--reason", "leak");
    const page = mirror.page(`${base}/_asof/${after(60)}/changes/index.html`);
    expect(page).toContain("<bdi>b</bdi> (taken down)");
    await isWholeAndStill(mirror);
  });

  it("is JSON alone in the classic theme, which has no page that Pulp has not", async () => {
    const mirror = await threeCheckpoints();
    expect(existsSync(mirror.file(`public/${base}/_asof/compare/index.html`))).toBe(true);
    mirror.configure({ top: { theme: "classic" }, remote });
    await mirror.ok("build");
    expect(existsSync(mirror.file(`public/${base}/_asof/compare`))).toBe(false);
    expect(existsSync(mirror.file(`public/${base}/_asof/${after(60)}/changes`))).toBe(false);
    expect(changesOf(mirror, 60)).toMatchObject({ added: 1 });
    await mirror.ok("verify");
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  });

  it("tells the distribution's new name when it gets one", async () => {
    const mirror = await threeCheckpoints();
    mirror.configure({
      remote,
      distributions: { renamed: { repository: "repo", base_path: base, checkpoint: true } },
    });
    await mirror.ok("remove", "plain");
    await mirror.ok("build");
    expect(changesOf(mirror, 60)).toMatchObject({ distribution: "renamed" });
    await isWholeAndStill(mirror);
  });
});

const remote = { mode: "mirror" };

const list = z.object({
  part: z.int(),
  parts: z.int(),
  added: z.int(),
  changes: z.array(z.object({ path: z.string(), sha256: z.string() })),
});

async function threeCheckpoints(): Promise<Mirror> {
  const mirror = aMirror({ remote });
  const contents = [{ a: "1" }, { a: "1.1", "d/b": "new" }, { a: "1.1.1" }];
  for (const [index, content] of contents.entries()) {
    mirror.at(index * 60);
    mirror.offer(content);
    await mirror.ok("update", "--allow-shrink");
  }
  return mirror;
}

function changesOf(mirror: Mirror, seconds: number): unknown {
  return mirror.json(`${base}/_asof/${after(seconds)}/changes.json`);
}

/** Verify finds nothing, and a build from nothing makes the very same. */
async function isWholeAndStill(mirror: Mirror): Promise<void> {
  await mirror.ok("verify");
  const site = mirror.site();
  expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  mirror.at(2 * day);
  rmSync(mirror.file("public"), { recursive: true });
  rmSync(mirror.file("state/cache"), { recursive: true });
  await mirror.ok("build");
  expect(mirror.site()).toEqual(site);
}
