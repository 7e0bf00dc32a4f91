import { createReadStream } from "node:fs";

import { parseSumsLine } from "../../formats/sums/sha256sums.ts";
import { compareNames } from "../../model/compare-names.ts";
import type { Digest } from "../../model/digest.ts";

/** How the lines of a SHA256SUMS differ from what they must be. */
export type SumsDifference =
  | { readonly kind: "missing" | "extra"; readonly path: string }
  | { readonly kind: "altered"; readonly path: string; readonly said: Digest }
  | { readonly kind: "unreadable"; readonly lineNumber: number };

/** Takes the files that a checkpoint must have, in order, and compares them with the lines of a file on disk, a line of which is in memory at a time. */
export interface SumsComparison {
  /** `optional`: no difference when its line is not there. */
  push(file: { readonly path: string; readonly digest: Digest; readonly optional: boolean }): Promise<void>;
  /** No more files: whatever lines are left are extra. */
  end(): Promise<void>;
}

export function compareSums(file: string, onDifference: (difference: SumsDifference) => void): SumsComparison {
  const lines = linesIn(file);
  let lineNumber = 0;
  let current: ReturnType<typeof parseSumsLine>;
  let isRead = false;

  /** The line that is not used up, if there is one. */
  async function peek(): Promise<typeof current> {
    while (!isRead) {
      const next = await lines.next();
      if (next.done === true) return undefined;
      lineNumber += 1;
      current = parseSumsLine(next.value);
      if (current === undefined) onDifference({ kind: "unreadable", lineNumber });
      else isRead = true;
    }
    return current;
  }

  async function skipBefore(path: string | undefined): Promise<void> {
    for (let line = await peek(); line !== undefined; line = await peek()) {
      if (path !== undefined && compareNames(line.path, path) >= 0) return;
      onDifference({ kind: "extra", path: line.path });
      isRead = false;
    }
  }

  return {
    async push({ path, digest, optional }) {
      await skipBefore(path);
      const line = await peek();
      if (line?.path !== path) {
        if (!optional) onDifference({ kind: "missing", path });
        return;
      }
      isRead = false;
      if (line.digest !== digest) onDifference({ kind: "altered", path, said: line.digest });
    },
    end: () => skipBefore(undefined),
  };
}

/** Longer than any line that could be right: two bytes for each of a name. */
const mostLineBytes = 8192;

/** Lines without their ends. One that is too long comes as "", which is no line of a SHA256SUMS either. */
async function* linesIn(file: string): AsyncGenerator<string, void, undefined> {
  let rest = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of createReadStream(file)) {
    if (!Buffer.isBuffer(chunk)) throw new Error("a file gave something else than bytes");
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a)) {
      yield isTooLong ? "" : bytes.toString("utf8", 0, end);
      isTooLong = false;
      bytes = bytes.subarray(end + 1);
    }
    isTooLong ||= bytes.length > mostLineBytes;
    rest = isTooLong ? Buffer.alloc(0) : bytes;
  }
  if (rest.length > 0 || isTooLong) yield isTooLong ? "" : rest.toString("utf8");
}
