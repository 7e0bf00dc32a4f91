import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openCrashProject } from "./project.ts";
import type { CrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import { startRunner } from "./runner.ts";
import type { Runner } from "./runner.ts";
import { readDiskState } from "./tree.ts";

/** Whether this user may mount a file system in memory: a disk that is really full. */
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

describe.skipIf(!canMount)(
  `a disk that is full (${canMount ? "a file system in memory" : "needs root, to mount one"})`,
  () => {
    let dir: string;
    let mounted: string;
    let runner: Runner;
    let project: CrashProject;

    beforeEach(() => {
      dir = mkdtempSync(path.join(os.tmpdir(), "asof-full-"));
      mounted = path.join(dir, "disk");
      runner = startRunner(builtProgram());
    });
    afterEach(() => {
      runner.close();
      spawnSync("umount", [mounted]);
      rmSync(dir, { recursive: true, force: true });
    });

    function mount(options: string): void {
      mkdirSync(mounted);
      const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", mounted], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      mkdirSync(path.join(mounted, "live"));
      writeFileSync(path.join(mounted, "reload.sh"), "");
      project = openCrashProject(path.join(mounted, "live"), runner, path.join(dir, "origin"));
    }

    /** Takes all that is free. */
    function fill(): void {
      spawnSync("dd", ["if=/dev/zero", `of=${path.join(mounted, "ballast")}`, "bs=4k"]);
    }

    it("is refused before anything is fetched when the need is known, with the bytes needed and free, and the site stays", async () => {
      mount("size=12m");
      project.configure({});
      project.offer({ a: "one" });
      await project.ok("update");
      const before = readDiskState(project.dir);
      project.offer({ a: "one", large: "x".repeat(20_000_000) });
      const run = await project.run(["update"]);
      expect(run.exit).toBe(5);
      expect(run.err).toMatch(/state has no room: 21\d{6} bytes are needed, \d+ are free/);
      expect(readDiskState(project.dir)).toEqual(before);
      project.offer({ a: "two" });
      project.at(60);
      await project.ok("update");
    });

    it("takes a prune all the same with 0 bytes free, and gives the space of what was pruned", async () => {
      mount("size=12m");
      project.configure({});
      for (let index = 0; index < 4; index++) {
        project.at(index * 60);
        project.offer({ a: "one", big: String(index).repeat(1_000_000) });
        await project.ok("update");
      }
      fill();
      expect(free()).toBe(0);
      project.at(3600);
      project.configure({ repository: { retain: { checkpoints: 1 } } });
      const reserve = project.file("state/reserve");
      renameSync(reserve, path.join(mounted, "reserve"));
      const without = await project.run(["prune"]);
      expect(without.exit).toBe(5);
      expect(without.err).toMatch(/failed: ENOSPC \((?:0|4096) bytes/);
      renameSync(path.join(mounted, "reserve"), reserve);
      const run = await project.run(["prune"]);
      expect(run.exit, run.err).toBe(0);
      expect(existsSync(reserve)).toBe(true);
      expect(free()).toBeGreaterThan(2_500_000);
      expect(readdirSync(project.file("public/snapshots/repo")).filter((name) => /^\d{8}T/.test(name))).toHaveLength(1);
    });

    it("ends an update with 5, the path and the bytes that are free, when it fills up on the way, and the next run needs no flag", async () => {
      mount("size=12m");
      project.configure({});
      project.offer({ a: "one" });
      await project.ok("update");
      project.at(60);
      fill();
      project.offer({ a: "two" });
      const before = readDiskState(project.dir);
      const run = await project.run(["update"]);
      expect(run.exit).toBe(5);
      expect(run.err).toMatch(/\/live\/\S+ failed: ENOSPC \(0 bytes and \d+ inodes are free\)|has no room/);
      expect(readDiskState(project.dir).site).toEqual(before.site);
      rmSync(path.join(mounted, "ballast"));
      await project.ok("update");
      expect(readdirSync(project.file("public/snapshots/repo")).filter((name) => /^\d{8}T/.test(name))).toHaveLength(2);
    });

    it("is the same where inodes are what lacks", async () => {
      mount("size=64m,nr_inodes=400");
      project.configure({});
      project.offer({ a: "one" });
      await project.ok("update");
      const before = readDiskState(project.dir);
      project.offer(Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f/${index}`, `${index}`])));
      const run = await project.run(["update"]);
      expect(run.exit).toBe(5);
      expect(run.err).toMatch(/1050 inodes are needed, \d+ are free/);
      expect(readDiskState(project.dir)).toEqual(before);
    });

    function free(): number {
      const { bavail, bsize } = statfsSync(mounted);
      return bavail * bsize;
    }
  },
);
