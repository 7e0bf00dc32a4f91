import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { HistoryEvent } from "../../src/model/history.ts";
import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { readLogMemory, writeLogMemory } from "../../src/store/log-memory.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/open-store.ts";

describe("what is remembered of a long log", () => {
  let dir: string;
  let log: string;
  let memory: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-log-memory-"));
    log = path.join(dir, "repositories/repo/log");
    memory = path.join(dir, "cache/repo.log");
    const store = open({ create: true });
    store.append("repo", [beginning, ...horizons(1, 1000)]);
    store.rememberLogs();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const open = (options: { readonly create?: boolean; readonly trusting?: boolean } = {}): Store =>
    openStore(dir, { create: options.create === true, now: () => 0, trusting: options.trusting });
  const horizonOf = (store: Store): string | undefined => store.repository("repo")?.history.horizon;

  it("is what the log says, and what other lines said since is added", () => {
    expect(tellingOf(open())).toEqual(tellingOf(open({ trusting: false })));
    open().append("repo", horizons(1001, 20));
    appendFileSync(log, '{"n":1021,"prev":"');
    expect(tellingOf(open())).toEqual(tellingOf(open({ trusting: false })));
    open().append("repo", horizons(1021, 1));
    expect(tellingOf(open())).toEqual(tellingOf(open({ trusting: false })));
    expect(horizonOf(open())).toBe(at(1021));
  });

  it("is what a run goes by, unless it looks for damage", () => {
    const known = readLogMemory(memory);
    if (known === undefined) throw new Error("nothing is remembered");
    writeLogMemory(memory, { ...known, history: { ...known.history, horizon: at(5000) } });
    expect(horizonOf(open())).toBe(at(5000));
    expect(horizonOf(open({ trusting: false }))).toBe(at(1000));
  });

  it("is about no log that is another one in a single byte, also of the same size and time", () => {
    const { mtime } = statSync(log);
    const whole = readFileSync(log);
    for (const index of [5, 40_000, whole.length - 20]) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      writeFileSync(log, flipped);
      utimesSync(log, mtime, mtime);
      expect(tellingOf(open())).toEqual(tellingOf(open({ trusting: false })));
    }
  });

  it("is about no log that is shorter", () => {
    const lines = readFileSync(log, "utf8").split("\n");
    truncateSync(log, Buffer.byteLength(`${lines.slice(0, 500).join("\n")}\n`));
    expect(horizonOf(open())).toBe(at(499));
    rmSync(log);
    expect(open().repository("repo")).toBeUndefined();
  });

  it("is not believed when it is damaged or cut off", () => {
    const whole = readFileSync(memory);
    for (let index = 0; index < whole.length; index += 997) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      for (const damaged of [flipped, whole.subarray(0, index)]) {
        writeFileSync(memory, damaged);
        expect(readLogMemory(memory)).toBeUndefined();
      }
    }
    expect(horizonOf(open())).toBe(at(1000));
  });

  it("is written down again when much has come, and not for a few lines", () => {
    const before = statSync(memory).ino;
    const store = open();
    store.append("repo", horizons(1001, 300));
    store.rememberLogs();
    expect(statSync(memory).ino).toBe(before);
    store.append("repo", horizons(1301, 300));
    store.rememberLogs();
    expect(readLogMemory(memory)?.lines.length).toBe(1601);
    expect(tellingOf(open())).toEqual(tellingOf(open({ trusting: false })));
  });
});

function tellingOf(store: Store): unknown {
  try {
    const stored = store.repository("repo");
    if (stored === undefined) return undefined;
    const { log, history } = stored;
    const lines = Array.from({ length: log.length }, (_, line) => [log.digestAt(line), log.endAt(line)]);
    return { lines, history };
  } catch (error) {
    return String(error);
  }
}

function at(second: number): ReturnType<typeof timestampFromSeconds> {
  return addSeconds(timestampFromSeconds(0), second);
}

function horizons(from: number, count: number): readonly HistoryEvent[] {
  return Array.from({ length: count }, (_, index) => ({ type: "horizon", at: at(from), horizon: at(from + index) }));
}

const root = parseDigest("ab".repeat(32));
if (root === undefined) throw new Error("no digest");
const beginning: HistoryEvent = { type: "repository", at: at(0), name: "repo", root };
