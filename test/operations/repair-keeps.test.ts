import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { builtProgram } from "../crash/record/built-program.ts";
import { startRunner } from "../crash/runner.ts";
import { sha256Of } from "../helpers/origin-server.ts";
import { flipBit } from "./damage-zoo.ts";
import { expectExactlyReachable } from "./exactly-reachable.ts";
import { aMirror, after, day, plainAndCheckpoints, said } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const layouts = ["shared", "hardlinks", "copies"];

describe.each(layouts)("asof verify --repair beside a checkpoint in its grace time, layout %s", (layout) => {
  it("changes nothing where nothing is damaged, and what was pruned goes when its time is over", async () => {
    const mirror = await inGrace({ layout });
    const before = mirror.everything();
    const run = await mirror.ok("verify", "--repair");
    expect(run.out).toMatch(/: no damage\n$/);
    expect(mirror.everything()).toEqual(before);
    await expectSwept(mirror);
  });

  it.each(["old/deep", "old", ""])("makes a lost record of %j again, and keeps what it is about", async (inside) => {
    const mirror = await inGrace({ layout });
    const whole = mirror.everything();
    for (const record of recordsOf(mirror, inside)) rmSync(record);
    await expectMended(mirror, whole);
  });

  it("makes all records again in one run when all are lost, and keeps all that is served", async () => {
    const mirror = await inGrace({ layout });
    const whole = mirror.everything();
    rmSync(mirror.file("state/trees"), { recursive: true });
    await expectMended(mirror, whole);
  });

  it("makes a record again from the directory that it is about when nobody has a copy of it", async () => {
    const mirror = await inGrace({ layout });
    const { state } = mirror.everything();
    for (const record of recordsOf(mirror, "old/deep")) {
      rmSync(record);
      rmSync(publishedAs(mirror, record));
    }
    const run = await mirror.ok("verify", "--repair");
    expect(run.out).not.toContain("set aside");
    expect(mirror.everything().state).toEqual(state);
    await expectSwept(mirror);
  });

  it("leaves everything where it is that a record leads to which cannot be made again", async () => {
    const mirror = await inGrace({ layout });
    const object = objectOf(mirror, "old");
    const [record = ""] = recordsOf(mirror, "old/deep");
    const served = mirror.file(`public/snapshots/repo/${after(0)}/old/deep/file`);
    const published = publishedAs(mirror, record);
    const damages = [object, record, ...(layout === "copies" ? [served, published] : [])].map((file) =>
      flipBit(file, () => 0.3),
    );
    const damaged = readFileSync(object);
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(3);
    expect(run.out).not.toContain("set aside");
    expect(run.out).toContain("what is damaged besides may need it: mend that first");
    expect(readFileSync(object)).toEqual(damaged);
    expect(readFileSync(served)).toEqual(damaged);
    for (const damage of damages) damage.undo();
    await mirror.ok("verify");
    await expectSwept(mirror);
  });
});

describe("asof verify --repair", () => {
  it("sets aside a shared directory that only a damaged link leads to, when that is mended", async () => {
    const mirror = await inGrace({});
    const link = mirror.file(`public/snapshots/repo/${after(day)}/both`);
    const foreign = mirror.file(`public/_asof/d/ab/${"c".repeat(30)}`);
    execFileSync("mkdir", ["-p", foreign]);
    rmSync(link);
    execFileSync("ln", ["-s", path.relative(path.dirname(link), foreign), link]);
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(0);
    expect(existsSync(foreign)).toBe(false);
    expect(mirror.page(`snapshots/repo/${after(day)}/both/file`)).toBe("both");
  });

  it("takes no damaged object away as long as a log cannot be read that may need it", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.configure({
      repositories: { other: { remote: { type: "directory", path: "other" } } },
      distributions: { ...plainAndCheckpoints, other: { repository: "other", base_path: "other" } },
    });
    mirror.write("other/file", "of the other");
    await mirror.ok("sync", "other");
    const log = mirror.file("state/repositories/other/log");
    const whole = readFileSync(log);
    writeFileSync(log, whole.toString("utf8").replace('"n":1', '"n":7'));
    const object = objectOf(mirror, "of the other");
    const damage = flipBit(object, () => 0.3);
    for (const argv of [["--repair", "--dry-run"], ["--repair"]]) {
      const run = await mirror.run("verify", ...argv);
      expect(run.exit, said(run)).toBe(3);
      expect(run.out).toContain("what is damaged besides may need it");
      expect(existsSync(object)).toBe(true);
    }
    writeFileSync(log, whole);
    damage.undo();
    await mirror.ok("build");
    await mirror.ok("verify");
  });
});

describe("asof verify --repair after a recovery that failed", () => {
  it("touches nothing, and the recovery can be done again", async () => {
    const mirror = await withOldState();
    const file = mirror.file(`public/snapshots/repo/${after(day)}/new`);
    const kept = mirror.file("kept");
    renameSync(file, kept);
    writeFileSync(file, "NEW", { mode: 0o444 });
    expect((await mirror.run("recover", "--adopt")).exit).toBe(5);
    const before = mirror.everything();
    for (const argv of [["--repair"], ["--repair", "--dry-run"]]) {
      const run = await mirror.run("verify", ...argv);
      expect(run.exit, said(run)).not.toBe(0);
      expect(run.out).not.toContain("set it aside");
      expect(mirror.everything()).toEqual(before);
    }
    rmSync(file);
    renameSync(kept, file);
    await expectRecovered(mirror);
  });

  it("keeps what was pruned when the recovery came as far as the web server", async () => {
    const mirror = await withOldState({ reload: ["sh", "-c", "test ! -e broken"] });
    mirror.write("broken", "");
    expect((await mirror.run("recover", "--adopt")).exit).toBe(5);
    const run = await mirror.run("verify", "--repair");
    expect(run.out, said(run)).not.toContain("set aside");
    expect(mirror.page(`snapshots/repo/${after(0)}/old/deep/file`)).toBe("old");
    rmSync(mirror.file("broken"));
    await mirror.ok("build");
    await mirror.ok("verify");
    await expectSwept(mirror);
  });

  it("keeps everything that is needed wherever the recovery died", { timeout: 600_000 }, async () => {
    const mirror = await withOldState();
    const start = mirror.file("start");
    const runner = startRunner(builtProgram());
    const recover = (at?: number): ReturnType<typeof runner.run> =>
      runner.run(["recover", "--adopt"], {
        cwd: mirror.dir,
        clock: mirror.clock(),
        fault: at === undefined ? undefined : { act: "kill", at },
      });
    try {
      mkdir(start);
      for (const name of made) copy(mirror.file(name), start);
      const whole = await recover();
      expect(whole.exit, whole.err).toBe(0);
      const ofTheLog = whole.calls.findIndex((one) => one.to?.endsWith("/repositories/repo/log") === true);
      const last = whole.calls.length;
      expect(ofTheLog).toBeGreaterThan(10);
      for (const at of [5, Math.floor(ofTheLog / 2), ofTheLog - 1, ofTheLog, ofTheLog + 1, ofTheLog + 12, last - 5]) {
        for (const name of made) {
          rmSync(mirror.file(name), { recursive: true });
          copy(path.join(start, name), mirror.dir);
        }
        expect((await recover(at)).exit).toBeUndefined();
        const run = await mirror.run("verify", "--repair");
        expect([0, 5], `killed at ${at}: ${said(run)}`).toContain(run.exit);
        expect(run.out).not.toContain("set aside");
        expect(mirror.page(`snapshots/repo/${after(0)}/old/deep/file`)).toBe("old");
        const again = await mirror.run("recover", "--adopt");
        expect(again.err, `killed at ${at}: ${said(again)}`).toMatch(again.exit === 0 ? /^$/ : /nothing to recover/);
        await mirror.ok("verify");
      }
    } finally {
      runner.close();
    }
  });
});

const made = ["public", "rules", "state"];

/** Two checkpoints, of which the first was pruned a moment ago and is served on for an hour; nothing else has what is in `old/`. */
async function inGrace(top: object, between: (mirror: Mirror) => void = () => {}): Promise<Mirror> {
  const settings: MirrorSettings = { remote: { mode: "mirror" }, top: { grace: "1h", grace_plain: 0, ...top } };
  const mirror = aMirror(settings);
  mirror.offer({ "old/deep/file": "old", "old/more": "more", "both/file": "both" });
  await mirror.ok("update");
  between(mirror);
  mirror.at(day);
  mirror.offer({ "both/file": "both", new: "new" });
  await mirror.ok("update");
  mirror.configure({ ...settings, repository: { retain: { checkpoints: 1 } } });
  await mirror.ok("prune");
  expect(mirror.checkpoints()).toEqual([after(0), after(day)]);
  return mirror;
}

/** The same, and the state as it was before the first checkpoint; records and all of the second come from the site alone. */
async function withOldState(top: object = {}): Promise<Mirror> {
  const mirror = await inGrace(top, (one) => {
    mkdir(one.file("backup"));
    copy(one.file("state"), one.file("backup"));
  });
  rmSync(mirror.file("state"), { recursive: true });
  renameSync(mirror.file("backup/state"), mirror.file("state"));
  rmSync(mirror.file("backup"), { recursive: true });
  // Of the first checkpoint the backup has nothing but its log.
  for (const name of ["objects", "trees"]) {
    rmSync(mirror.file(`state/${name}`), { recursive: true });
    mkdir(mirror.file(`state/${name}`));
    chmodSync(mirror.file(`state/${name}`), 0o700);
  }
  return mirror;
}

async function expectRecovered(mirror: Mirror): Promise<void> {
  await mirror.ok("recover", "--adopt");
  await mirror.ok("verify");
  expect(mirror.page(`snapshots/repo/${after(0)}/old/deep/file`)).toBe("old");
  await expectSwept(mirror);
}

/** The grace time of what was pruned ends, and nothing of it is left. */
async function expectSwept(mirror: Mirror): Promise<void> {
  mirror.at(3 * day);
  await mirror.ok("update");
  expect(mirror.checkpoints()).toEqual([after(day)]);
  expectExactlyReachable(mirror);
}

async function expectMended(mirror: Mirror, whole: ReturnType<Mirror["everything"]>): Promise<void> {
  const run = await mirror.run("verify", "--repair");
  expect(run.out, said(run)).not.toContain("set aside");
  expect(run.exit, said(run)).toBe(0);
  expect(mirror.everything()).toEqual(whole);
  expect(mirror.page(`snapshots/repo/${after(0)}/old/deep/file`)).toBe("old");
}

/** Files of the records of a path of the repository. */
function recordsOf(mirror: Mirror, inside: string): readonly string[] {
  return readdirSync(mirror.file("state/trees"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, "utf8").split("\n")[2] === `path ${inside}`);
}

function publishedAs(mirror: Mirror, record: string): string {
  const name = path.basename(record);
  return mirror.file(`public/snapshots/repo/_asof/tree/${name.slice(0, 2)}/${name}`);
}

function objectOf(mirror: Mirror, content: string): string {
  const digest = sha256Of(content);
  return mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`);
}

function mkdir(folder: string): void {
  execFileSync("mkdir", ["-p", folder]);
}

/** With its hard links. */
function copy(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}
