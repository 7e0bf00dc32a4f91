import { hash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync } from "node:fs";
import path from "node:path";

import { Failure } from "../failure.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEvent } from "../model/history.ts";
import { syncDirectory, writeWhole } from "./disk.ts";
import { hasErrorCode, naming } from "../error-code.ts";
import { parseLogLine } from "./log-line.ts";

/** A repository's log: one JSON object a line, each with its number and the SHA-256 of the line before (line end excluded). It grows when this process appends to it. */
export interface RepositoryLog {
  /** SHA-256 of each line; the last one is the head of the chain. */
  readonly digests: readonly Digest[];
  /** Bytes up to the end of each line; a torn tail behind the last one was never committed. */
  readonly ends: readonly number[];
}

export const emptyLog: RepositoryLog = { digests: [], ends: [] };

/** Where the next line of a log joins the chain: its number and the digest of the line before. */
export interface LogPosition {
  readonly n: number;
  readonly prev: string;
}

/** Where the chain stands after `log` and then `added`, which nobody has written yet: what a statement says of the line that will tell of it. */
export function positionAfter(log: Pick<RepositoryLog, "digests">, added: readonly HistoryEvent[]): LogPosition {
  const { n, prev } = endOf(log.digests);
  const { digests } = linesOf({ n, prev }, added);
  return { n: n + digests.length, prev: digests.at(-1) ?? prev };
}

/** Where a chain of these digests ends. The first line gives 64 zeros as the digest of the line before. */
export function endOf(digests: readonly Digest[]): LogPosition {
  return { n: digests.length, prev: digests.at(-1) ?? "0".repeat(64) };
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
export interface OpenLog extends RepositoryLog {
  /**
   * Appends events and makes them durable: the commit point of every operation. The caller holds the lock. Several events are one write; each is complete by itself, so a torn write loses only the
   * last ones.
   */
  append(added: readonly HistoryEvent[]): void;
}

/**
 * Reads and checks a log, or begins one where there is no file. A last line without its line end is the trace of a run that died while writing: it was never committed and is left out. Any
 * other fault is damage and throws DAMAGE with the line's number. What the lines say goes to `onEvent`, and is not kept: a history holds less than its log.
 */
export function openLog(file: string, onEvent: (event: HistoryEvent) => void): OpenLog {
  const { digests, push } = openChain(onEvent);
  const ends: number[] = [];
  eachWholeLine(file, (line, end) => {
    if (!push(line)) {
      throw new Failure("DAMAGE", `${file}:${digests.length + 1}: the log of this repository is damaged`, {
        hint: `restore state/ from a backup; or, where the site is whole, move ${path.dirname(file)} away and let asof recover --adopt take the log back; nothing was written`,
      });
    }
    ends.push(end);
  });
  return {
    digests,
    ends,
    append(added) {
      const lines = linesOf(endOf(digests), added);
      appendDurably(file, ends.at(-1) ?? 0, lines.text);
      for (const digest of lines.digests) digests.push(digest);
      for (const bytes of lines.bytes) ends.push((ends.at(-1) ?? 0) + bytes);
    },
  };
}

/** Tells the lines of a file that have their line end, and the byte behind each. None when there is no such file. A log may be longer than what a process should hold: it is read in parts. */
function eachWholeLine(file: string, onLine: (line: string, end: number) => void): void {
  const handle = openIfThere(file);
  if (handle === undefined) return;
  try {
    let buffer = Buffer.alloc(partBytes);
    let kept = 0;
    let before = 0;
    for (let bytes = 1; bytes > 0;) {
      bytes = readSync(handle, buffer, kept, buffer.length - kept, before + kept);
      const filled = buffer.subarray(0, kept + bytes);
      const whole = filled.lastIndexOf(0x0a) + 1;
      const text = filled.toString("utf8", 0, whole);
      let end = 0;
      for (let from = 0, to = text.indexOf("\n"); to >= 0; from = to + 1, to = text.indexOf("\n", from)) {
        // Characters are bytes, unless somebody gave a reason in other letters than English ones.
        end = text.length === whole ? to + 1 : filled.indexOf(0x0a, end) + 1;
        onLine(text.slice(from, to), before + end);
      }
      before += whole;
      kept = filled.length - whole;
      const next = kept === buffer.length ? Buffer.alloc(2 * buffer.length) : buffer;
      filled.copy(next, 0, whole);
      buffer = next;
    }
  } finally {
    closeSync(handle);
  }
}

const partBytes = 262_144;

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
  return { events, ...openChain((event) => void events.push(event)) };
}

function openChain(onEvent: (event: HistoryEvent) => void): Pick<LogReader, "push"> & { readonly digests: Digest[] } {
  const digests: Digest[] = [];
  let end = endOf(digests);
  return {
    digests,
    push(line) {
      const parsed = parseLogLine(line);
      if (parsed === undefined || parsed.n !== end.n || parsed.prev !== end.prev) return false;
      const digest = sha256(line);
      digests.push(digest);
      end = { n: end.n + 1, prev: digest };
      onEvent(parsed.event);
      return true;
    },
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
