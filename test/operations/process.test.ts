import { once } from "node:events";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startOrigin } from "../helpers/origin-server.ts";
import { aMirror } from "./mirror.ts";
import { buildProgram } from "./program.ts";
import type { Program } from "./program.ts";

describe("the program in a process of its own", () => {
  let program: Program;
  beforeAll(() => {
    program = buildProgram();
  });
  afterAll(() => program.remove());

  it("builds the same site, byte for byte and mode for mode, in any time zone, locale and umask", async () => {
    const mirror = aMirror({ top: { grace: 0 }, repository: { retain: { checkpoints: 1 } } });
    mirror.setClock(Date.now() / 1000);
    for (const round of ["I", "ı"]) {
      mirror.offer({ "Zürich.iso": round, "a b.iso": "", "i/ä/file": "deep", "I/file": "other case", "ı/file": round });
      expect(await program.run(mirror.dir, ["update"])).toBe(0);
    }
    const first = { site: mirror.site(), rules: mirror.everything().rules };
    expect(mirror.checkpoints()).toHaveLength(1);
    cpSync(mirror.file("state"), mirror.file("saved"), { recursive: true, preserveTimestamps: true });

    const places = [
      { env: { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }, umask: "077" },
      { env: { TZ: "America/Anchorage", LANG: "C", LC_ALL: "C" }, umask: "000" },
    ];
    for (const place of places) {
      for (const name of ["public", "rules", "state"]) rmSync(mirror.file(name), { recursive: true });
      cpSync(mirror.file("saved"), mirror.file("state"), { recursive: true, preserveTimestamps: true });
      expect(await program.run(mirror.dir, ["build"], place)).toBe(0);
      expect(mirror.site()).toEqual(first.site);
      expect(mirror.everything().rules).toEqual(first.rules);
    }
  });

  it("writes what a web server may read, whatever the umask", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one", "s/b": "two" });
    expect(await program.run(mirror.dir, ["update"], { umask: "077" })).toBe(0);
    const { site, rules, state } = mirror.everything();
    for (const text of [...Object.values(site), ...Object.values(rules)]) {
      expect(text).toMatch(/^(?:l |d 755|f 644|f 444)/);
    }
    expect(Object.entries(state).filter(([name]) => name.endsWith("log"))).toEqual([
      ["repositories/repo/log", expect.stringMatching(/^f 600/)],
    ]);
  });

  it("ends in order at SIGINT, and clears away after a SIGKILL", async () => {
    const origin = await startOrigin();
    onTestFinished(() => origin.close());
    const mirror = aMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
    mirror.setClock(Date.now() / 1000);
    origin.publish("/r/", { a: "x".repeat(500), b: "two" });
    origin.answer("/r/a", { kind: "stall", body: "x".repeat(500), after: 10 });
    for (const [round, signal] of (["SIGINT", "SIGKILL"] as const).entries()) {
      const child = program.start(mirror.dir, ["update"]);
      const closed = once(child, "close");
      while (origin.count("/r/a") === round) await sleep(20);
      child.kill(signal);
      await closed;
      expect(child.exitCode).toBe(signal === "SIGINT" ? 130 : null);
      expect(readdirSync(mirror.file("state/incoming"))).toHaveLength(signal === "SIGINT" ? 0 : 1);
      expect(mirror.everything().site).toEqual({ _asof: "d 755" });
    }
    origin.publish("/r/", { a: "x".repeat(500), b: "two" });
    await mirror.ok("update");
    expect(readdirSync(mirror.file("state/incoming"))).toEqual([]);
    expect(mirror.checkpoints()).toHaveLength(1);
  });
});
