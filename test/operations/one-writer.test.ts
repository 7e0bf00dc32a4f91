import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { takeLock } from "../../src/store/lock.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { aMirror, beginning } from "./mirror.ts";

describe("two runs at once", () => {
  it("the second ends with 75 at once, names the holder, and changes nothing", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.offer({ a: "two" });
    mirror.at(60);
    const before = mirror.everything();
    const lock = takeLock(mirror.file("state/lock"), "update", beginning);
    const commands = [
      ["update"],
      ["sync"],
      ["publish", "repo", "--checkpoint"],
      ["prune"],
      ["build"],
      ["import", "repo", mirror.dir],
      ["remove", "plain"],
    ];
    for (const command of commands) {
      const run = await mirror.run(...command);
      expect(run.exit, command.join(" ")).toBe(75);
      expect(run.err).toContain(
        `another run is at work: asof update, process ${process.pid} on ${os.hostname()}, since 2025-03-18T14:03:38.000Z`,
      );
      expect(run.err).toContain("--wait");
    }
    for (const reading of [["list"], ["resolve", "snapshots", "2025-03-18"], ["build", "--dry-run"]]) {
      expect((await mirror.run(...reading)).exit, reading.join(" ")).toBe(0);
    }
    expect(mirror.everything()).toEqual(before);
    lock.release();
    await mirror.ok("update");
  });

  it("are kept apart across processes, and death frees the lock", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const holder = spawn("flock", ["-o", mirror.file("state/lock"), "sh", "-c", "echo held; exec sleep 60"]);
    const exited = once(holder, "close");
    await once(holder.stdout, "data");
    expect((await mirror.run("update")).exit).toBe(75);
    spawnSync("pkill", ["-KILL", "-P", String(holder.pid)]);
    holder.kill("SIGKILL");
    await exited;
    await mirror.ok("update");
  });

  it("come one after the other with --wait", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const lock = takeLock(mirror.file("state/lock"), "update", beginning);
    const waiting = mirror.run("update", "--wait", "60");
    expect(await Promise.race([waiting, sleep(300, "waits")])).toBe("waits");
    lock.release();
    expect((await waiting).exit).toBe(0);
  });
});

describe("an interruption while the source is read", () => {
  it("ends with 130, publishes nothing, and the next run completes", async () => {
    const origin = await startedOrigin();
    const mirror = aMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
    mirror.setClock(Date.now() / 1000);
    origin.publish("/r/", { a: "one" });
    await mirror.ok("update");
    const before = mirror.everything();
    const status = mirror.page("status.json");

    origin.publish("/r/", { a: "one", b: "b".repeat(1000), c: "three" });
    origin.answer("/r/b", { kind: "stall", body: "b".repeat(1000), after: 10 });
    const interrupt = new AbortController();
    const running = mirror.runUntil(interrupt.signal, "update");
    while (origin.count("/r/b") === 0) await sleep(10);
    interrupt.abort();
    const run = await running;
    expect(run.exit).toBe(130);
    expect(run.err).toContain("interrupted");
    // What came whole before may stay in the pool; nothing that anyone is served, and nothing of the history, moved.
    const now = mirror.everything();
    expect([now.site, now.rules]).toEqual([before.site, before.rules]);
    expect(withoutPool(now.state)).toEqual(withoutPool(before.state));
    expect(mirror.page("status.json")).toBe(status);
    expect(readdirSync(mirror.file("state/incoming"))).toEqual([]);

    origin.publish("/r/", { a: "one", b: "b".repeat(1000), c: "three" });
    expect((await mirror.ok("update")).out).toContain("(3 files, 1008 bytes, +2 -0 ~0)");
    expect(mirror.checkpoints()).toHaveLength(2);
  });

  it("ends a wait for the lock as well", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const lock = takeLock(mirror.file("state/lock"), "update", beginning);
    const interrupt = new AbortController();
    const waiting = mirror.runUntil(interrupt.signal, "update", "--wait", "600");
    await sleep(50);
    interrupt.abort();
    expect((await waiting).exit).toBe(130);
    lock.release();
  });
});

async function startedOrigin(): Promise<OriginServer> {
  const origin = await startOrigin();
  onTestFinished(() => origin.close());
  return origin;
}

function withoutPool(state: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith("objects/")));
}
