import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";

/** The lines of a log, as much of each as is asked for later: some 40 bytes a line. They are counted from 0. */
export interface LineIndex {
  readonly length: number;
  /** SHA-256 of a line, line end excluded; undefined where there is none. */
  digestAt(line: number): Digest | undefined;
  /** The byte behind a line and its line end; 0 for -1. */
  endAt(line: number): number;
}

export interface GrowingLineIndex extends LineIndex {
  /** `bytes` with the line end. */
  push(digest: Digest, bytes: number): void;
  pack(): PackedLines;
}

/** The same as JSON. */
export interface PackedLines {
  /** Of all lines, one behind the other, in base64. */
  readonly digests: string;
  readonly bytes: readonly number[];
}

export function openLineIndex(packed: PackedLines = { digests: "", bytes: [] }): GrowingLineIndex {
  let digests = Buffer.from(packed.digests, "base64");
  let ends = sums(packed.bytes);
  let length = ends.length;

  function digestAt(line: number): Digest | undefined {
    if (line < 0 || line >= length) return undefined;
    const hex = digests.toString("hex", line * digestBytes, (line + 1) * digestBytes);
    if (!isDigest(hex)) throw new Error("SHA-256 is not 64 hex digits");
    return hex;
  }

  function endAt(line: number): number {
    return ends[line] ?? 0;
  }

  function push(digest: Digest, bytes: number): void {
    if (length === ends.length) grow(Math.max(64, 2 * length));
    digests.write(digest, length * digestBytes, "hex");
    ends[length] = endAt(length - 1) + bytes;
    length += 1;
  }

  function grow(lines: number): void {
    const [digestsBefore, endsBefore] = [digests, ends];
    digests = Buffer.alloc(lines * digestBytes);
    digests.set(digestsBefore);
    ends = new Float64Array(lines);
    ends.set(endsBefore);
  }

  return {
    get length() {
      return length;
    },
    digestAt,
    endAt,
    push,
    pack: () => ({
      digests: digests.toString("base64", 0, length * digestBytes),
      bytes: Array.from({ length }, (_, line) => endAt(line) - endAt(line - 1)),
    }),
  };
}

/** Of a log that is somewhere else: nothing is known of its bytes. */
export function lineIndexOf(digests: readonly Digest[]): LineIndex {
  const index = openLineIndex();
  for (const digest of digests) index.push(digest, 0);
  return index;
}

function sums(numbers: readonly number[]): Float64Array {
  const all = new Float64Array(numbers.length);
  let sum = 0;
  for (let index = 0; index < all.length; index++) all[index] = sum += numbers[index] ?? 0;
  return all;
}

const digestBytes = 32;
