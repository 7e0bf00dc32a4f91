import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { Failure } from "../failure.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEvent } from "../model/history.ts";
import { isTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { readIfThere, syncDirectory, writeWhole } from "./disk.ts";

/** A repository's log: one JSON object a line, each with its number and the SHA-256 of the line before (line end excluded). */
export interface RepositoryLog {
  readonly events: readonly HistoryEvent[];
  /** SHA-256 of each line; the last one is the head of the chain. */
  readonly digests: readonly Digest[];
  /** Bytes of the whole lines; a torn tail behind them was never committed. */
  readonly bytes: number;
}

export const emptyLog: RepositoryLog = { events: [], digests: [], bytes: 0 };

/** The chain's beginning: what the first line gives as the digest of the line before. */
const beforeFirst = "0".repeat(64);

/**
 * Reads and checks a log. A last line without its line end is the trace of a run that died while writing: it was never committed and is left out.
 * Any other fault is damage and throws DAMAGE with the line's number.
 */
export function readLog(file: string): RepositoryLog {
  const content = readIfThere(file);
  if (content === undefined) return emptyLog;
  const bytes = content.lastIndexOf(0x0a) + 1;
  const events: HistoryEvent[] = [];
  const digests: Digest[] = [];
  for (const [index, line] of content.subarray(0, bytes).toString("utf8").split("\n").slice(0, -1).entries()) {
    const parsed = logLine.safeParse(parseJson(line));
    if (!parsed.success || parsed.data.n !== index || parsed.data.prev !== (digests.at(-1) ?? beforeFirst)) {
      throw new Failure("DAMAGE", `${file}:${index + 1}: the log of this repository is damaged`, {
        hint: "restore state/ from a backup; nothing was written",
      });
    }
    const { n: _n, prev: _prev, ...event } = parsed.data;
    events.push(event);
    digests.push(sha256(line));
  }
  return { events, digests, bytes };
}

/**
 * Appends events and makes them durable: the commit point of every operation. The caller holds the lock and gives the log as it read it.
 * Several events are one write; each is complete by itself, so a torn write loses only the last ones.
 */
export function appendToLog(file: string, log: RepositoryLog, added: readonly HistoryEvent[]): RepositoryLog {
  const digests = [...log.digests];
  let text = "";
  for (const event of added) {
    const line = JSON.stringify({ n: digests.length, prev: digests.at(-1) ?? beforeFirst, ...event });
    digests.push(sha256(line));
    text += `${line}\n`;
  }
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
  } finally {
    closeSync(handle);
  }
  if (isNew) {
    syncDirectory(path.dirname(file));
    syncDirectory(path.dirname(path.dirname(file)));
  }
  return { events: [...log.events, ...added], digests, bytes: log.bytes + Buffer.byteLength(text) };
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
    added: count,
    removed: count,
    changed: count,
  }),
  z.strictObject({ ...link, type: z.literal("tombstone"), checkpoint: second, reason: z.string() }),
  z.strictObject({ ...link, type: z.literal("horizon"), horizon: second }),
  z.strictObject({ ...link, type: z.literal("settled"), settled: z.boolean() }),
]);
