import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { takeLock } from "../../src/store/lock.ts";
import { startManyAtOnce } from "./many-starts.ts";

describe("the lock", () => {
  const modules = mkdtempSync(path.join(os.tmpdir(), "asof-lock-module-"));
  const lockModule = path.join(modules, "lock.js");
  let dir: string;
  let lock: string;
  let held: ChildProcess[];
  // The package has it in a file with others.
  beforeAll(async () => {
    const bundle = await rolldown({
      input: path.join(import.meta.dirname, "../../src/store/lock.ts"),
      platform: "node",
      transform: { target: "es2023" },
    });
    await bundle.write({ file: lockModule });
  });
  afterAll(() => rmSync(modules, { recursive: true }));
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-lock-"));
    lock = path.join(dir, "lock");
    held = [];
  });
  afterEach(() => {
    for (const child of held) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  });

  /** Another process that takes the lock and says so. */
  async function holder(): Promise<ChildProcess> {
    const code = `import { takeLock } from ${JSON.stringify(lockModule)};
      takeLock(process.argv[1], "test", Date.now() / 1000); process.stdout.write("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code, lock], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    held.push(child);
    await once(child.stdout, "data");
    return child;
  }

  const take = (): unknown => takeLock(lock, "test", 0);

  it("has one holder of twenty that start at once, and the others name it and end with 75", async () => {
    expect(await startManyAtOnce({ rounds: 1, starts: 20 })).toEqual([]);
  }, 300_000);

  it("is kept by a holder that was stopped, and free as soon as it was killed", async () => {
    const child = await holder();
    child.kill("SIGSTOP");
    await sleep(100);
    expect(take).toThrow(`another run is at work: asof test, process ${child.pid} on ${os.hostname()}`);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    expect(take).not.toThrow();
  });

  it("is kept across the removal of its file: who holds the old file holds nothing that others could not have", async () => {
    await holder();
    rmSync(lock);
    const second = await holder();
    expect(take).toThrow(`process ${second.pid} `);
  });

  it("is not taken from a process whose number the file has, nor by its age", () => {
    writeFileSync(lock, `asof update, process ${process.pid} on ${os.hostname()}, since 1970-01-01T00:00:00.000Z\n`);
    const { release } = takeLock(lock, "test", 0);
    expect(readFileSync(lock, "utf8")).toContain("asof test");
    release();
  });

  it("is refused when its file is a symlink, and what that leads to stays as it is", () => {
    const other = path.join(dir, "other");
    writeFileSync(other, "mine");
    symlinkSync(other, lock);
    expect(take).toThrow("ELOOP");
    expect(readFileSync(other, "utf8")).toBe("mine");
  });

  it("is not inherited by what a holder starts", async () => {
    const { release } = takeLock(lock, "test", 0);
    const child = spawn("sleep", ["60"]);
    held.push(child);
    await once(child, "spawn");
    release();
    expect(spawnSync("flock", ["-n", lock, "true"]).status).toBe(0);
  });
});
