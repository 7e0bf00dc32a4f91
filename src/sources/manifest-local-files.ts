import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RemoteContent, Transport } from "./http.ts";
import { readBody, wholeBody } from "./http-body.ts";
import { describeCause, RequestError } from "./http-error.ts";

/**
 * `file:` URLs. Symbolic links are followed: a mirror on disk is often a tree of links into a pool, and what is read must have the digest that
 * the manifest names anyway. Only regular files are read.
 */
export function openLocalFiles(): Transport {
  let lastTurn = performance.now();
  return {
    async get(url, { signal }) {
      // Small files are read at once: signals and progress have their turn in between.
      if (performance.now() - lastTurn > longestTurnMs) {
        await nextTurn();
        lastTurn = performance.now();
      }
      signal.throwIfAborted();
      const file = openFile(fileURLToPath(url));
      try {
        return contentOf(file, signal);
      } catch (error) {
        closeSync(file);
        throw error;
      }
    },
  };
}

const longestTurnMs = 20;
const smallBytes = 65_536;

function openFile(path: string): number {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      throw new RequestError("SOURCE_REFUSED", describeCause(error), { cause: error });
    }
    throw error;
  }
}

/** Closes the file when all of it was read, or given up. */
function contentOf(file: number, signal: AbortSignal): RemoteContent {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw new RequestError("SOURCE_REFUSED", "is not a regular file");
  const about = {
    sizeBytes: stat.size,
    encoding: undefined,
    mediaType: undefined,
    serverSeconds: undefined,
    header: () => undefined,
  };
  if (stat.size <= smallBytes) {
    const whole = readSmall(file, stat.size);
    closeSync(file);
    return { ...about, ...wholeBody(whole) };
  }
  const stream = createReadStream("", { fd: file, highWaterMark: 1 << 20, signal });
  stream.on("error", () => undefined);
  return {
    ...about,
    whole: undefined,
    // A disk has no time limit.
    body: readBody(stream, { announcedBytes: stat.size, timeoutSeconds: Infinity }),
    discard: () => void stream.destroy(),
  };
}

/** One byte more than there was, if the file has grown since. */
function readSmall(file: number, sizeBytes: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(sizeBytes + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = readSync(file, buffer, length, buffer.length - length, null);
  }
  return buffer.subarray(0, length);
}
