import { existsSync } from "node:fs";

import type { History } from "../model/history.ts";
import { packHistory, unpackHistory } from "../model/packed-history.ts";
import type { PackedHistory } from "../model/packed-history.ts";
import { codeFolder, fingerprintOf } from "../package-root.ts";
import { openLineIndex } from "./line-index.ts";
import type { GrowingLineIndex, PackedLines } from "./line-index.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";

/**
 * What the first bytes of a log say. It is kept in state/cache, so that a run need not parse, check and fold again what others have: losing it costs time, never correctness. That it is about this log is not
 * taken from times of files, which can be set and may be the same for other bytes, but from the bytes: to hash 20,000 lines takes 5 ms, and to work them off 200.
 */
export interface LogMemory {
  /** How many bytes, and their SHA-256. */
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: GrowingLineIndex;
  readonly history: History;
}

/** The file: a line with version and SHA-256 of the rest, and JSON. */
interface PackedMemory extends Pick<LogMemory, "bytes" | "sha256"> {
  readonly lines: PackedLines;
  readonly history: PackedHistory;
}

/** Undefined when there is none, when it is damaged, and when another version of asof wrote it. */
export function readLogMemory(file: string): LogMemory | undefined {
  const body = existsSync(file) ? readSealed(file, labelOfThisCode()) : undefined;
  if (body === undefined) return undefined;
  const packed: unknown = JSON.parse(body.toString("utf8"));
  if (!isPackedMemory(packed)) return undefined;
  const { bytes, sha256, lines, history } = packed;
  return { bytes, sha256, lines: openLineIndex(lines), history: unpackHistory(history) };
}

export function writeLogMemory(file: string, { bytes, sha256, lines, history }: LogMemory): void {
  const packed: PackedMemory = { bytes, sha256, lines: lines.pack(), history: packHistory(history) };
  writeSealed(file, labelOfThisCode(), [Buffer.from(JSON.stringify(packed))]);
}

/** Another asof may read another history out of the same lines. */
function labelOfThisCode(): string {
  return `asof log memory ${fingerprintOf(codeFolder)}`;
}

/** The seal has said already that these are bytes that asof wrote, and in which form. */
function isPackedMemory(packed: unknown): packed is PackedMemory {
  return typeof packed === "object" && packed !== null && "history" in packed;
}
