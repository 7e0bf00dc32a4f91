import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

/**
 * Tells the lines behind the first `from` bytes of an open file that have their line end, each with its bytes. `content` is given the bytes of them all. A log may be longer than what a process should hold: it
 * is read in parts.
 */
export function eachWholeLine(
  handle: number,
  from: number,
  content: Pick<Hash, "update">,
  onLine: (line: string, bytes: number) => void,
): void {
  let buffer = Buffer.alloc(partBytes);
  let kept = 0;
  let before = from;
  for (let read = 1; read > 0;) {
    read = readSync(handle, buffer, kept, buffer.length - kept, before + kept);
    const filled = buffer.subarray(0, kept + read);
    const whole = filled.lastIndexOf(0x0a) + 1;
    content.update(filled.subarray(0, whole));
    const text = filled.toString("utf8", 0, whole);
    let begin = 0;
    for (let start = 0, stop = text.indexOf("\n"); stop >= 0; start = stop + 1, stop = text.indexOf("\n", start)) {
      // Characters are bytes, unless somebody gave a reason in other letters than English ones.
      const end = text.length === whole ? stop + 1 : filled.indexOf(0x0a, begin) + 1;
      onLine(text.slice(start, stop), end - begin);
      begin = end;
    }
    before += whole;
    kept = filled.length - whole;
    const next = kept === buffer.length ? Buffer.alloc(2 * buffer.length) : buffer;
    filled.copy(next, 0, whole);
    buffer = next;
  }
}

/** The running SHA-256 of the first bytes of an open file, if it is the one that is known; else undefined. */
export function hashBeginning(
  handle: number,
  known: { readonly bytes: number; readonly sha256: string },
): Hash | undefined {
  const content = createHash("sha256");
  const buffer = Buffer.alloc(partBytes);
  for (let done = 0; done < known.bytes;) {
    const read = readSync(handle, buffer, 0, Math.min(buffer.length, known.bytes - done), done);
    if (read === 0) return undefined;
    content.update(buffer.subarray(0, read));
    done += read;
  }
  return content.copy().digest("hex") === known.sha256 ? content : undefined;
}

const partBytes = 262_144;

/** The text between two offsets. A log may be longer than what a process should hold: only a piece of it is read. */
export function readPart(file: string, from: number, until: number): string {
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(until - from);
    for (let done = 0; done < buffer.length;) {
      const bytes = readSync(handle, buffer, done, buffer.length - done, from + done);
      if (bytes === 0) throw new Error(`${file} has become shorter`);
      done += bytes;
    }
    return buffer.toString("utf8");
  } finally {
    closeSync(handle);
  }
}
