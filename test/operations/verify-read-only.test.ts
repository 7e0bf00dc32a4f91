import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";

import { describe, expect, it, onTestFinished } from "vitest";

import { flipBit } from "./damage-zoo.ts";
import { aMirror, said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { sha256Of } from "../helpers/origin-server.ts";
import { treeOf } from "./tree-of.ts";

const isRoot = process.geteuid?.() === 0;
const canMount = isRoot && spawnSync("unshare", ["-m", "true"]).status === 0;

describe("asof verify of a state that it may only read", () => {
  it.skipIf(!canMount)(
    `runs without the lock on a read-only file system, and says so (${canMount ? "a bind mount" : "needs root, to mount one"})`,
    async () => {
      const mirror = await published();
      const damage = flipBit(objectOf(mirror), () => 0.3);
      mountReadOnly(mirror.file("state"));
      const before = treeOf(mirror.dir);
      const damaged = await mirror.run("verify", "--json");
      expect(damaged.exit, said(damaged)).toBe(3);
      expect(JSON.parse(damaged.out)).toMatchObject({ findings: [{ kind: "object", problem: "bytes" }] });
      const planned = await mirror.run("verify", "--repair", "--dry-run");
      expect(planned.out, said(planned)).toContain("-> look for right bytes");
      for (const { err } of [damaged, planned]) expectTold(err, "EROFS");
      // What has to write says what kept it.
      const repair = await mirror.run("verify", "--repair");
      expect(repair.exit, said(repair)).toBe(5);
      expect(repair.err).toContain("EROFS");
      expect(treeOf(mirror.dir)).toEqual(before);
      unmount(mirror.file("state"));
      damage.undo();
      mountReadOnly(mirror.file("state"));
      const whole = await mirror.run("verify");
      expect(whole.exit, said(whole)).toBe(0);
      expectTold(whole.err, "EROFS");
    },
  );

  it.skipIf(!canMount)("does so for a copy of a state that has no lock, too", async () => {
    const mirror = await published();
    rmSync(mirror.file("state/lock"));
    mountReadOnly(mirror.file("state"));
    const run = await mirror.run("verify");
    expect(run.exit, said(run)).toBe(0);
    expectTold(run.err, "EROFS");
  });

  it.skipIf(!isRoot)(
    `runs without the lock as another user${isRoot ? "" : " (needs root, to become one)"}`,
    async () => {
      const mirror = await published();
      spawnSync("chmod", ["-R", "a+rX", mirror.dir]);
      chmodSync(mirror.file("state/lock"), 0o600);
      const run = await asNobody(() => mirror.run("verify"));
      expect(run.exit, said(run)).toBe(0);
      expectTold(run.err, "EACCES");
      rmSync(mirror.file("state/lock"));
      expectTold((await asNobody(() => mirror.run("verify"))).err, "EACCES");
    },
  );
});

async function published(): Promise<Mirror> {
  const mirror = aMirror();
  mirror.offer({ a: "one", "dir/b": "two" });
  await mirror.ok("update");
  return mirror;
}

/** One line, and nothing else. */
function expectTold(err: string, code: string): void {
  expect(err).toMatch(
    new RegExp(
      `^asof: warning: \\S+/state/lock may not be written \\(${code}\\): this runs without the lock[^\\n]*\\n$`,
    ),
  );
}

function mountReadOnly(folder: string): void {
  for (const args of [
    ["--bind", folder, folder],
    ["-o", "remount,bind,ro", folder],
  ]) {
    const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    if (args[0] === "--bind") onTestFinished(() => unmount(folder));
  }
}

function unmount(folder: string): void {
  spawnSync("umount", [folder]);
}

async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

function objectOf(mirror: Mirror): string {
  const digest = sha256Of("one");
  return mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`);
}
