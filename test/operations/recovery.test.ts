import { appendFileSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror, after } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

describe("what a run that died left behind", () => {
  it("is finished by the next one when the log line was written and nothing of it is visible", async () => {
    for (const layout of ["shared", "hardlinks"] as const) {
      for (const command of ["build", "update"]) {
        const mirror = await oneCheckpoint({ top: { layout } });
        for (const name of ["public", "rules", "state/cache", "state/plain"]) keep(mirror, name);
        await secondCheckpoint(mirror);
        const whole = mirror.everything();
        for (const name of ["public", "rules", "state/cache", "state/plain"]) putBack(mirror, name);
        expect(mirror.checkpoints()).toEqual([after(0)]);
        const run = await mirror.ok(command);
        expect(run.out).not.toContain("nothing to do");
        expect(mirror.everything(), `${layout} ${command}`).toEqual(whole);
      }
    }
  });

  it("is taken up where it stopped when a plain distribution was changed and that was not recorded", async () => {
    for (const layout of ["shared", "hardlinks", "copies"] as const) {
      const mirror = aMirror({ top: { layout, grace_plain: 0 }, remote: { mode: "mirror" } });
      mirror.offer({ a: "one", "dir/b": "two", c: "three" });
      await mirror.ok("update");
      keep(mirror, "state/plain");
      mirror.at(60);
      mirror.offer({ "a/x": "one", dir: "two", c: "other" });
      await mirror.ok("update");
      const { site } = mirror.everything();
      putBack(mirror, "state/plain");
      await mirror.ok("update");
      expect(mirror.site(), layout).toEqual(site);
    }
  });

  it("vanishes from incoming and trash", async () => {
    const mirror = await oneCheckpoint();
    mirror.write("state/incoming/4fb2c9c5-8a55-4c0e-9c39-0b7f5f9b2f60/object-1", "half a downl");
    mirror.write("state/trash/0c0ee3c4-0f0b-4b4e-8a4e-2d9f0a4d8e11/deep/file", "on its way out");
    const before = mirror.everything();
    await mirror.ok("update");
    expect(readdirSync(mirror.file("state/incoming"))).toEqual([]);
    expect(readdirSync(mirror.file("state/trash"))).toEqual([]);
    expect(mirror.everything()).toEqual(before);
  });

  it("stays and is reported where it has no name that asof gives", async () => {
    const mirror = await oneCheckpoint();
    mirror.write("state/incoming/notes.txt", "mine");
    mirror.write("state/trash/photos/one.jpg", "mine too");
    for (const command of ["update", "prune", "build"]) {
      const run = await mirror.ok(command);
      expect(run.err).toContain("state/incoming/notes.txt was not made by asof and is left alone");
      expect(run.err).toContain("state/trash/photos was not made by asof and is left alone");
    }
    expect(readFileSync(mirror.file("state/trash/photos/one.jpg"), "utf8")).toBe("mine too");
    expect(readdirSync(mirror.file("state/incoming"))).toEqual(["notes.txt"]);
  });

  it("is no event when the last line of the log was cut short", async () => {
    const mirror = await oneCheckpoint();
    const log = mirror.file("state/repositories/repo/log");
    const text = readFileSync(log, "utf8");
    appendFileSync(log, '{"n":4,"prev":"0123');
    expect((await mirror.ok("update")).out).toContain("nothing to do");
    await secondCheckpoint(mirror);
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
    expect(readFileSync(log, "utf8").startsWith(`${text}{`)).toBe(true);
    expect(mirror.events().map((event) => event["n"])).toEqual(mirror.events().map((_, index) => index));
  });
});

describe("damage that is no crash", () => {
  it("of the log stops every command with 3, the line named", async () => {
    const mirror = await oneCheckpoint();
    const log = mirror.file("state/repositories/repo/log");
    writeFileSync(log, readFileSync(log, "utf8").replace('"files":2', '"files":3'));
    const before = mirror.everything();
    for (const command of ["update", "build", "list"]) {
      const run = await mirror.run(command);
      expect(run.exit, command).toBe(3);
      expect(run.err).toMatch(/repositories\/repo\/log:\d: the log of this repository is damaged/);
    }
    expect(mirror.everything()).toEqual(before);
  });

  it("of site.json is told, and mended by a build once it is gone", async () => {
    const mirror = await oneCheckpoint();
    const before = mirror.everything();
    writeFileSync(mirror.file("public/site.json"), "{");
    expect((await mirror.run("update")).exit).toBe(3);
    rmSync(mirror.file("public/site.json"));
    await mirror.ok("build");
    expect(mirror.everything()).toEqual(before);
  });
});

describe("a state older than the site", () => {
  const writing = [
    ["update"],
    ["sync"],
    ["build"],
    ["prune"],
    ["publish", "repo", "--checkpoint"],
    ["remove", "plain"],
  ];

  async function expectRefusal(mirror: Mirror, reason: string): Promise<void> {
    const before = mirror.everything();
    const status = mirror.page("status.json");
    for (const command of writing) {
      const run = await mirror.run(...command);
      expect(run.exit, command.join(" ")).toBe(5);
      expect(run.err).toContain(reason);
    }
    expect(mirror.everything()).toEqual(before);
    expect(mirror.page("status.json")).toBe(status);
    await mirror.ok("list");
  }

  it("stops every writing command with 5 before anything is written", async () => {
    const mirror = await oneCheckpoint();
    keep(mirror, "state");
    await secondCheckpoint(mirror);
    putBack(mirror, "state");
    await expectRefusal(mirror, "knows 4 events of repo, the site was built from 6");
  });

  it("is noticed by its content too, when another history has grown as long", async () => {
    const mirror = await oneCheckpoint();
    keep(mirror, "state");
    keep(mirror, "public");
    await secondCheckpoint(mirror, "one future");
    keep(mirror, "public");
    putBack(mirror, "state");
    rmSync(mirror.file("public"), { recursive: true });
    await secondCheckpoint(mirror, "another future");
    rmSync(mirror.file("public"), { recursive: true });
    putBack(mirror, "public");
    await expectRefusal(mirror, "the state directory and the site have different histories of repo");
  });
});

describe("a directory that asof did not make", () => {
  it("is never written to", async () => {
    for (const [name, message] of [
      ["public", "the output directory"],
      ["state", "the state directory"],
    ] as const) {
      const mirror = aMirror();
      mirror.offer({ a: "one" });
      mirror.write(`${name}/holiday.jpg`, "mine");
      const run = await mirror.run("update");
      expect(run.exit).toBe(2);
      expect(run.err).toContain(message);
      expect(run.err).toContain("is not empty and was not made by asof");
      expect(readdirSync(mirror.file(name))).toEqual(["holiday.jpg"]);
      expect(existsSync(mirror.file("rules"))).toBe(false);
    }
  });
});

describe("settled answers", () => {
  it("are taken back with --accept alone", async () => {
    const mirror = await oneCheckpoint();
    const before = mirror.everything();
    mirror.configure({ repository: { settled: false } });
    for (const command of [["update"], ["publish", "repo", "--checkpoint"]]) {
      const run = await mirror.run(...command);
      expect(run.exit, run.err).toBe(2);
      expect(run.err).toContain("settled: false takes back a promise");
    }
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
    expect(mirror.everything()).toEqual(before);
    await mirror.ok("update", "--accept");
    expect(mirror.events().at(-1)).toMatchObject({ type: "settled", settled: false });
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({ settled: false });
    expect((await mirror.ok("resolve", "snapshots", "2025-03-18T14:03:38Z")).out).not.toContain("immutable");
    mirror.configure({});
    await mirror.ok("update");
    expect(mirror.events().at(-1)).toMatchObject({ type: "settled", settled: true });
    expect(mirror.everything().rules["nginx/server.conf"]).toBe(before.rules["nginx/server.conf"]);
  });
});

async function oneCheckpoint(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ a: "one", "dir/b": "two" });
  await mirror.ok("update");
  return mirror;
}

async function secondCheckpoint(mirror: Mirror, content = "three"): Promise<void> {
  mirror.at(60);
  mirror.offer({ a: "one", "dir/b": content });
  await mirror.ok("update");
}

function keep(mirror: Mirror, name: string): void {
  rmSync(mirror.file(`kept/${name}`), { recursive: true, force: true });
  cpSync(mirror.file(name), mirror.file(`kept/${name}`), options);
}

function putBack(mirror: Mirror, name: string): void {
  rmSync(mirror.file(name), { recursive: true, force: true });
  cpSync(mirror.file(`kept/${name}`), mirror.file(name), options);
}

const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const;
