import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, unlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { takeLock, waitForLock } from "../../src/store/lock.ts";

describe("the lock", () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-lock-"));
    file = path.join(dir, "lock");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is refused at once while it is held, naming who holds it and since when", () => {
    const held = takeLock(file, "update", 1_700_000_000);
    expect(() => takeLock(file, "prune", 1_700_000_001)).toThrow(
      `another run is at work: asof update, process ${process.pid} on ${os.hostname()}, since 2023-11-14T22:13:20.000Z`,
    );
    held.release();
    takeLock(file, "prune", 1_700_000_002).release();
  });

  it("is held against other processes, and free the moment its holder is killed", async () => {
    const holder = spawn("flock", [file, "sh", "-c", "echo held; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    expect(() => takeLock(file, "update", 0)).toThrow("another run is at work");
    // flock and its child hold one description: both have to go, as a killed process takes all of its own.
    spawnSync("pkill", ["-KILL", "-P", String(holder.pid)]);
    holder.kill("SIGKILL");
    await once(holder, "close");
    await waitFor(file);
  });

  it("is not held by a file that was removed and made again", () => {
    const first = takeLock(file, "update", 0);
    unlinkSync(file);
    const second = takeLock(file, "update", 0);
    expect(() => takeLock(file, "update", 0)).toThrow("another run is at work");
    first.release();
    second.release();
  });

  it("is not passed on to commands that are started under it", () => {
    const held = takeLock(file, "update", 0);
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    held.release();
    takeLock(file, "update", 0).release();
    child.kill("SIGKILL");
  });

  it("can be waited for", async () => {
    const held = takeLock(file, "update", 0);
    const waiting = waitFor(file);
    await sleep(50);
    held.release();
    await waiting;
  });
});

async function waitFor(file: string): Promise<void> {
  const clock = {
    now: () => 0,
    sleep: async (milliseconds: number) => {
      await sleep(milliseconds);
    },
  };
  const lock = await waitForLock(file, {
    purpose: "test",
    waitSeconds: 20,
    signal: new AbortController().signal,
    clock,
  });
  lock.release();
}
