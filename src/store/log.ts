import { createHash, hash } from "node:crypto";
import type { Hash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";

import { Failure } from "../failure.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEvent } from "../model/history.ts";
import { syncDirectory, writeWhole } from "./disk.ts";
import { hasErrorCode, naming } from "../error-code.ts";
import { openLineIndex } from "./line-index.ts";
import type { GrowingLineIndex, LineIndex } from "./line-index.ts";
import { eachWholeLine, hashBeginning } from "./log-bytes.ts";
import { parseLogLine } from "./log-line.ts";
import type { LogMemory } from "./log-memory.ts";

/**
 * A repository's log: one JSON object a line, each with its number and the SHA-256 of the line before (line end excluded). A torn tail behind the last line was never committed. It grows when this process
 * appends to it.
 */
export type RepositoryLog = LineIndex;

export const emptyLog: RepositoryLog = openLineIndex();

/** Where the next line of a log joins the chain: its number and the digest of the line before. */
export interface LogPosition {
  readonly n: number;
  readonly prev: string;
}

/** Where the chain stands after `log` and then `added`, which nobody has written yet: what a statement says of the line that will tell of it. */
export function positionAfter(log: RepositoryLog, added: readonly HistoryEvent[]): LogPosition {
  const { n, prev } = endOf(log);
  const { digests } = linesOf({ n, prev }, added);
  return { n: n + digests.length, prev: digests.at(-1) ?? prev };
}

/** Where a log ends. The first line gives 64 zeros as the digest of the line before. */
export function endOf(log: RepositoryLog): LogPosition {
  return { n: log.length, prev: log.digestAt(log.length - 1) ?? "0".repeat(64) };
}

/** The text of lines that begin at a position, their digests, and their bytes with the line end. */
export function linesOf(
  position: LogPosition,
  added: readonly HistoryEvent[],
): { text: string; digests: readonly Digest[]; bytes: readonly number[] } {
  const digests: Digest[] = [];
  const bytes: number[] = [];
  let text = "";
  for (const event of added) {
    const line = JSON.stringify({ n: position.n + digests.length, prev: digests.at(-1) ?? position.prev, ...event });
    digests.push(sha256(line));
    text += `${line}\n`;
    bytes.push(Buffer.byteLength(line) + 1);
  }
  return { text, digests, bytes };
}

/** The log of a repository as this process has read and written it. What a line costs does not depend on how many stand before it. */
export interface OpenLog {
  readonly lines: RepositoryLog;
  /**
   * Appends events and makes them durable: the commit point of every operation. The caller holds the lock. Several events are one write; each is complete by itself, so a torn write loses only the
   * last ones.
   */
  append(added: readonly HistoryEvent[]): void;
  /** All that a memory of it holds besides what it says. */
  known(): Omit<LogMemory, "history">;
}

/**
 * Reads and checks a log, or begins one where there is no file. A last line without its line end is the trace of a run that died while writing: it was never committed and is left out. Any
 * other fault is damage and throws DAMAGE with the line's number. What the lines say goes to `onEvent`, and is not kept: a history holds less than its log.
 *
 * Where the log begins with the very bytes that a memory is about, `onMemory` hears of it, and `onEvent` of the events behind them alone. Every byte is read all the same: a memory saves the work with each line.
 */
export function openLog(
  file: string,
  onEvent: (event: HistoryEvent) => void,
  remembered?: { readonly memory: LogMemory; readonly onMemory: (memory: LogMemory) => void },
): OpenLog {
  const handle = openIfThere(file);
  if (handle === undefined) return growingLog(file, openLineIndex(), createHash("sha256"));
  try {
    const beginning = remembered === undefined ? undefined : hashBeginning(handle, remembered.memory);
    const memory = beginning === undefined ? undefined : remembered?.memory;
    if (memory !== undefined) remembered?.onMemory(memory);
    const lines = memory?.lines ?? openLineIndex();
    const content = beginning ?? createHash("sha256");
    const read = chainReader(endOf(lines));
    eachWholeLine(handle, memory?.bytes ?? 0, content, (text, bytes) => {
      const line = read(text);
      if (line === undefined) throw damaged(file, lines.length + 1);
      lines.push(line.digest, bytes);
      onEvent(line.event);
    });
    return growingLog(file, lines, content);
  } finally {
    closeSync(handle);
  }
}

/** A log of these lines, of whose bytes `content` is the running SHA-256. */
function growingLog(file: string, lines: GrowingLineIndex, content: Hash): OpenLog {
  const length = (): number => lines.endAt(lines.length - 1);
  return {
    lines,
    append(added) {
      const { text, digests, bytes } = linesOf(endOf(lines), added);
      appendDurably(file, length(), text);
      content.update(text);
      for (const [index, digest] of digests.entries()) lines.push(digest, bytes[index] ?? 0);
    },
    known: () => ({ bytes: length(), sha256: content.copy().digest("hex"), lines }),
  };
}

function damaged(file: string, line: number): Failure {
  return new Failure("DAMAGE", `${file}:${line}: the log of this repository is damaged`, {
    hint: `restore state/ from a backup; or, where the site is whole, move ${path.dirname(file)} away and let asof recover --adopt take the log back; nothing was written`,
  });
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Takes a log line by line. `push` is false, and the line left out, when it is no line of a log or does not follow from the one before. */
export interface LogReader {
  readonly events: readonly HistoryEvent[];
  readonly digests: readonly Digest[];
  /** `line` without its line end. */
  push(line: string): boolean;
}

export function openLogReader(): LogReader {
  const events: HistoryEvent[] = [];
  const digests: Digest[] = [];
  const read = chainReader(endOf(emptyLog));
  return {
    events,
    digests,
    push(text) {
      const line = read(text);
      if (line === undefined) return false;
      events.push(line.event);
      digests.push(line.digest);
      return true;
    },
  };
}

/** Reads one line after another from `end` on; undefined, and not counted, is what is no line of a log or does not follow from the one before. */
function chainReader(
  end: LogPosition,
): (line: string) => { readonly event: HistoryEvent; readonly digest: Digest } | undefined {
  let { n, prev } = end;
  return (line) => {
    const parsed = parseLogLine(line);
    if (parsed === undefined || parsed.n !== n || parsed.prev !== prev) return undefined;
    const digest = sha256(line);
    n += 1;
    prev = digest;
    return { event: parsed.event, digest };
  };
}

/** Writes `text` behind the first `bytes` of a log, over a torn tail if there is one. When it returns, it is on the disk; when it throws, it was not written. */
function appendDurably(file: string, bytes: number, text: string): void {
  const isNew = bytes === 0;
  if (isNew) mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = openSync(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    if (fstatSync(handle).size > bytes) ftruncateSync(handle, bytes);
    writeWhole(handle, Buffer.from(text));
    fsyncSync(handle);
  } catch (error) {
    takeBack(handle, bytes);
    throw naming(error, file);
  } finally {
    closeSync(handle);
  }
  if (isNew) {
    syncDirectory(path.dirname(file));
    syncDirectory(path.dirname(path.dirname(file)));
  }
}

/** A line that may not be on the disk was not written: the next run must not read it out of the memory of the machine. */
function takeBack(handle: number, bytes: number): void {
  try {
    ftruncateSync(handle, bytes);
  } catch {
    // The disk takes no changes at all; the failure that came first is the one to tell.
  }
}

function sha256(text: string): Digest {
  const hex = hash("sha256", text);
  if (!isDigest(hex)) throw new Error("SHA-256 is not 64 hex digits");
  return hex;
}
