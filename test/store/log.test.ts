import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { HistoryEvent } from "../../src/model/history.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { openLog } from "../../src/store/log.ts";
import type { RepositoryLog } from "../../src/store/log.ts";

describe("a repository's log", () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-log-"));
    file = path.join(dir, "repositories", "repo", "log");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const write = (...events: readonly HistoryEvent[]): void => openLog(file, () => {}).append(events);
  const read = (): Told & { readonly events: readonly HistoryEvent[] } => {
    const events: HistoryEvent[] = [];
    const { lines } = openLog(file, (event) => void events.push(event));
    return { events, ...toldBy(lines) };
  };

  it("is empty before its first event", () => {
    expect(read()).toEqual({ events: [], digests: [], ends: [] });
  });

  it("is read back as it was written", () => {
    const log = openLog(file, () => {});
    log.append([beginning]);
    log.append([horizon(10), horizon(20)]);
    expect(read()).toEqual({
      events: [beginning, horizon(10), horizon(20)],
      ...toldBy(log.lines),
    });
  });

  it("gives each line the SHA-256 of the line before, checkable without asof", () => {
    write(beginning, horizon(10));
    const [first = "", second = ""] = readFileSync(file, "utf8").split("\n");
    expect(JSON.parse(second)).toMatchObject({ n: 1, prev: createHash("sha256").update(first).digest("hex") });
  });

  it("leaves out a last line that a dying run did not finish, and writes over it", () => {
    write(beginning, horizon(10));
    const before = read();
    appendFileSync(file, '{"n":2,"prev":"');
    expect(read()).toEqual(before);
    write(horizon(20));
    expect(read().events).toEqual([beginning, horizon(10), horizon(20)]);
  });

  it("is damaged when any byte of a whole line was flipped", () => {
    write(beginning, horizon(10), horizon(20));
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2);
    for (let index = 0; index < lastLine; index += 7) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      writeFileSync(file, flipped);
      expect(() => openLog(file, () => {}), `byte ${index}`).toThrow("damaged");
    }
  });

  it("is damaged when a line is missing or two are swapped", () => {
    write(beginning, horizon(10), horizon(20));
    const [a = "", b = "", c = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${a}\n${c}\n`);
    expect(() => openLog(file, () => {})).toThrow(":2:");
    writeFileSync(file, `${a}\n${c}\n${b}\n`);
    expect(() => openLog(file, () => {})).toThrow(":2:");
  });
});

const root = parseDigest("ab".repeat(32));
if (root === undefined) throw new Error("no digest");

const beginning: HistoryEvent = { type: "repository", at: timestampFromSeconds(0), name: "repo", root };

function horizon(second: number): HistoryEvent {
  return { type: "horizon", at: timestampFromSeconds(second), horizon: timestampFromSeconds(second) };
}

interface Told {
  readonly digests: readonly (string | undefined)[];
  readonly ends: readonly number[];
}

function toldBy(lines: RepositoryLog): Told {
  const all = Array.from({ length: lines.length }, (_, line) => line);
  return { digests: all.map((line) => lines.digestAt(line)), ends: all.map((line) => lines.endAt(line)) };
}
