import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { probeDirectory } from "../../src/sources/directory-probe.ts";
import { watchSource } from "../../src/watch/watch-source.ts";
import { until } from "./until.ts";

describe("watching a source", () => {
  let home: string;
  let source: string;
  let stop: AbortController;
  let ended: Promise<void>;
  /** What the source looked like at each call. */
  let settled: string[];
  let errors: unknown[];

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), "asof-source-"));
    source = path.join(home, "source");
    mkdirSync(source);
    stop = new AbortController();
    settled = [];
    errors = [];
    ended = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    rmSync(home, { recursive: true, force: true });
  });

  /** Names and sizes are enough to see what these tests do. */
  function look(): string {
    return readdirSync(source)
      .toSorted()
      .map((name) => `${name}:${statSync(path.join(source, name)).size}`)
      .join(" ");
  }

  function start(
    options: {
      baseline?: string;
      onSettled?: () => Promise<"again" | void>;
      againSeconds?: number;
      settleSeconds?: number;
      probe?: () => string;
    } = {},
  ): void {
    const { baseline, onSettled, settleSeconds = 0.1, probe = look } = options;
    ended = watchSource({
      probe: async () => probe(),
      baseline,
      settleSeconds,
      againSeconds: options.againSeconds,
      onSettled: async () => {
        settled.push(look());
        return (await onSettled?.()) ?? "done";
      },
      onError: (error) => errors.push(error),
      signal: stop.signal,
    });
  }
  const write = (name: string, size = 1): void => writeFileSync(path.join(source, name), "x".repeat(size));

  it("tells of the first settled state when nothing is known of earlier ones, and of each later one once", async () => {
    write("a");
    start();
    await until(() => settled.length === 1);
    write("b");
    await until(() => settled.length === 2);
    await sleep(400);
    expect(settled).toEqual(["a:1", "a:1 b:1"]);
  });

  it("says nothing of a source that looks as it did before", async () => {
    write("a");
    start({ baseline: look() });
    await sleep(400);
    expect(settled).toEqual([]);
    write("b");
    await until(() => settled.length === 1);
  });

  it("does not tell of a change that was taken back before it settled", async () => {
    let looks = 0;
    start({
      baseline: look(),
      settleSeconds: 0.4,
      probe: () => {
        if (++looks === 2) write("b");
        if (looks === 4) rmSync(path.join(source, "b"));
        return look();
      },
    });
    await until(() => looks > 10);
    expect(settled).toEqual([]);
  });

  it("waits for a file that grows a little between any two looks", async () => {
    let looks = 0;
    start({
      baseline: look(),
      settleSeconds: 0.1,
      probe: () => {
        if (++looks <= 15) appendFileSync(path.join(source, "slow.iso"), "x".repeat(1000));
        return look();
      },
    });
    await until(() => settled.length === 1);
    expect(settled).toEqual(["slow.iso:15000"]);
  });

  it("makes one of 10,000 changes, and is not stirred by what looking and telling do", async () => {
    const remote = { type: "directory", path: source, include: ["**"], exclude: [], symlinks: "refuse" } as const;
    const files = Array.from({ length: 100 }, (_, index) => openSync(path.join(source, `f${index}`), "w"));
    let looks = 0;
    ended = watchSource({
      probe: () => {
        looks++;
        const rounds = looks <= 10 ? 10 : 0;
        for (let round = 0; round < rounds; round++) for (const file of files) writeSync(file, "x");
        return probeDirectory(remote, stop.signal);
      },
      baseline: await probeDirectory(remote, stop.signal),
      settleSeconds: 0.2,
      onSettled: async () => {
        settled.push(look());
        return "done";
      },
      onError: (error) => errors.push(error),
      signal: stop.signal,
    });
    await until(() => settled.length > 0);
    for (const file of files) closeSync(file);
    const seen = looks;
    await until(() => looks > seen + 6);
    expect(settled).toEqual([look()]);
    expect(settled[0]).toContain("f99:100");
  });

  it("goes on when the source is gone, says so once, and finds it again", async () => {
    write("a");
    start({ baseline: look() });
    for (let round = 1; round <= 2; round++) {
      renameSync(source, `${source}.away`);
      await until(() => errors.length === round);
      await sleep(500);
      expect(errors).toHaveLength(round);
      mkdirSync(source);
      write("a");
      write(`round${round}`);
      await until(() => settled.length === round);
      rmSync(`${source}.away`, { recursive: true });
    }
    expect(settled).toEqual(["a:1 round1:1", "a:1 round2:1"]);
    expect(String(errors[0])).toContain("ENOENT");
  });

  it("takes what cannot be read for moving", async () => {
    write("a");
    let looks = 0;
    start({
      probe: () => {
        if (++looks % 2 === 0) throw new Error("changed while it was read");
        return look();
      },
    });
    await until(() => looks > 5);
    expect(settled).toEqual([]);
  });

  it("tells again of what changes while it is told", async () => {
    start({
      onSettled: async () => {
        if (settled.length === 1) write("late");
      },
    });
    await until(() => settled.length === 2);
    expect(settled).toEqual(["", "late:1"]);
  });

  it("never tells twice at once, and looks no more until it is done", async () => {
    let running = 0;
    let most = 0;
    start({
      onSettled: async () => {
        most = Math.max(most, ++running);
        for (let index = 0; index < 10; index++) {
          write(`f${settled.length}-${index}`);
          await sleep(20);
        }
        running--;
      },
    });
    await until(() => settled.length >= 2);
    stop.abort();
    await ended;
    expect([most, running]).toEqual([1, 0]);
  });

  it("tries again when it failed, and repeats no complaint", async () => {
    const held = new Error("another run is at work");
    start({
      settleSeconds: 0.1,
      onSettled: async () => {
        if (settled.length < 3) throw held;
      },
    });
    await until(() => settled.length === 3);
    await sleep(500);
    expect(settled).toHaveLength(3);
    expect(errors).toEqual([held]);
  });

  it("tries again when it is asked to, though nothing moved", async () => {
    start({ settleSeconds: 0.1, onSettled: async () => (settled.length < 3 ? "again" : undefined) });
    await until(() => settled.length === 3);
    await sleep(500);
    expect([settled, errors]).toEqual([["", "", ""], []]);
  });

  it("tells of a quiet source again after the time that was asked for", async () => {
    start({ baseline: look(), againSeconds: 0.2 });
    await until(() => settled.length === 3);
    expect(settled).toEqual(["", "", ""]);
  });

  it("does not complain of what the signal broke off", async () => {
    start({
      settleSeconds: 0,
      onSettled: async () => {
        stop.abort();
        stop.signal.throwIfAborted();
      },
    });
    await ended;
    expect([settled, errors]).toEqual([[""], []]);
  });

  it("ends with the signal, in a pause and before the first look", async () => {
    start({ settleSeconds: 1_000 });
    await sleep(50);
    stop.abort();
    await ended;
    start();
    await ended;
    expect([settled, errors]).toEqual([[], []]);
  });
});
