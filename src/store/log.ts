import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { Failure } from "../failure.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEvent } from "../model/history.ts";
import { isSignatureName } from "../model/statement.ts";
import { labelProblem } from "../model/label.ts";
import { isTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { readIfThere, syncDirectory, writeWhole } from "./disk.ts";
import { naming } from "../error-code.ts";

/** A repository's log: one JSON object a line, each with its number and the SHA-256 of the line before (line end excluded). */
export interface RepositoryLog {
  readonly events: readonly HistoryEvent[];
  /** SHA-256 of each line; the last one is the head of the chain. */
  readonly digests: readonly Digest[];
  /** Bytes of the whole lines; a torn tail behind them was never committed. */
  readonly bytes: number;
}

export const emptyLog: RepositoryLog = { events: [], digests: [], bytes: 0 };

/** Where the next line of a log joins the chain: its number and the digest of the line before. */
export interface LogPosition {
  readonly n: number;
  readonly prev: string;
}

/** Where the chain stands after `log` and then `added`, which nobody has written yet: what a statement says of the line that will tell of it. */
export function positionAfter(log: RepositoryLog, added: readonly HistoryEvent[]): LogPosition {
  const { digests } = linesOf(log, added);
  return { n: digests.length, prev: headOf(digests) };
}

/** The text of new lines, and the digests of the old ones and those. */
export function linesOf(
  log: Pick<RepositoryLog, "digests">,
  added: readonly HistoryEvent[],
): { text: string; digests: readonly Digest[] } {
  const digests = [...log.digests];
  let text = "";
  for (const event of added) {
    const line = JSON.stringify({ n: digests.length, prev: headOf(digests), ...event });
    digests.push(sha256(line));
    text += `${line}\n`;
  }
  return { text, digests };
}

/** The first line gives 64 zeros as the digest of the line before. */
function headOf(digests: readonly Digest[]): string {
  return digests.at(-1) ?? "0".repeat(64);
}

/**
 * Reads and checks a log. A last line without its line end is the trace of a run that died while writing: it was never committed and is left out.
 * Any other fault is damage and throws DAMAGE with the line's number.
 */
export function readLog(file: string): RepositoryLog {
  const content = readIfThere(file);
  if (content === undefined) return emptyLog;
  const bytes = content.lastIndexOf(0x0a) + 1;
  const reader = openLogReader();
  for (const line of content.subarray(0, bytes).toString("utf8").split("\n").slice(0, -1)) {
    if (reader.push(line)) continue;
    throw new Failure("DAMAGE", `${file}:${reader.digests.length + 1}: the log of this repository is damaged`, {
      hint: "restore state/ from a backup; nothing was written",
    });
  }
  return { events: reader.events, digests: reader.digests, bytes };
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
  return {
    events,
    digests,
    push(line) {
      const parsed = logLine.safeParse(parseJson(line));
      if (!parsed.success || parsed.data.n !== digests.length || parsed.data.prev !== headOf(digests)) return false;
      const { n: _n, prev: _prev, ...event } = parsed.data;
      events.push(event);
      digests.push(sha256(line));
      return true;
    },
  };
}

/**
 * Appends events and makes them durable: the commit point of every operation. The caller holds the lock and gives the log as it read it.
 * Several events are one write; each is complete by itself, so a torn write loses only the last ones.
 */
export function appendToLog(file: string, log: RepositoryLog, added: readonly HistoryEvent[]): RepositoryLog {
  const { text, digests } = linesOf(log, added);
  const isNew = log.events.length === 0;
  if (isNew) mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = openSync(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    if (fstatSync(handle).size > log.bytes) ftruncateSync(handle, log.bytes);
    writeWhole(handle, Buffer.from(text));
    fsyncSync(handle);
  } catch (error) {
    takeBack(handle, log.bytes);
    throw naming(error, file);
  } finally {
    closeSync(handle);
  }
  if (isNew) {
    syncDirectory(path.dirname(file));
    syncDirectory(path.dirname(path.dirname(file)));
  }
  return { events: [...log.events, ...added], digests, bytes: log.bytes + Buffer.byteLength(text) };
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
  const hex = createHash("sha256").update(text).digest("hex");
  if (!isDigest(hex)) throw new Error("SHA-256 is not 64 hex digits");
  return hex;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));
const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const count = z.int().nonnegative();
const label = z.string().refine((value) => labelProblem(value) === undefined);
const storedFile = z.strictObject({ digest, bytes: count });
const signatureName = z.string().refine(isSignatureName);
const link = { n: count, prev: z.string(), at: second };

const logLine = z.discriminatedUnion("type", [
  z.strictObject({ ...link, type: z.literal("repository"), name: z.string(), root: digest }),
  z.strictObject({ ...link, type: z.literal("version"), version: count, root: digest, files: count, bytes: count }),
  z.strictObject({ ...link, type: z.literal("manifest"), digest, bytes: count }),
  z.strictObject({
    ...link,
    type: z.literal("publication"),
    publication: count,
    version: count,
    created: second,
    checkpoint: z.boolean(),
    manifest: z.strictObject({ name: z.string(), digest, bytes: count }).nullable(),
    sums: storedFile.optional(),
    statement: storedFile.optional(),
    signatures: z.array(z.strictObject({ name: signatureName, digest, bytes: count })).optional(),
    added: count,
    removed: count,
    changed: count,
  }),
  z.strictObject({
    ...link,
    type: z.literal("tombstone"),
    checkpoint: second,
    reason: z.string(),
    cause: z.enum(["retention", "withdrawn"]).optional(),
    content: digest.optional(),
  }),
  z.strictObject({ ...link, type: z.literal("label"), checkpoint: second, label }),
  z.strictObject({ ...link, type: z.literal("unlabel"), checkpoint: second, label }),
  z.strictObject({ ...link, type: z.literal("horizon"), horizon: second }),
  z.strictObject({ ...link, type: z.literal("settled"), settled: z.boolean() }),
  z.strictObject({ ...link, type: z.literal("takedown"), digest, reason: z.string() }),
  z.strictObject({ ...link, type: z.literal("lost"), until: second }),
]);
