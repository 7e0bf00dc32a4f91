import type { Readable } from "node:stream";
import { describeCause, RequestError } from "./http-error.ts";

/** Whoever sends a byte now and then to keep a connection alive is cut off below this rate, measured over each time limit. */
const leastBytesPerSecond = 500;

/**
 * The bytes of `stream`, which is destroyed however reading ends. A stream that breaks, stalls or drips ends in a transient `RequestError`.
 * `announcedBytes` is only for its message. Time spent by the reader between two chunks does not count.
 */
export async function* readBody(
  stream: Readable,
  { announcedBytes, timeoutSeconds }: { readonly announcedBytes: number | undefined; readonly timeoutSeconds: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  const pace = openPace(timeoutSeconds);
  let received = 0;
  try {
    for (;;) {
      const asked = performance.now();
      const next = await nextChunk(chunks, () => received, announcedBytes);
      if (next === undefined) return;
      received += next.length;
      const tooSlow = pace(next.length, performance.now() - asked);
      if (tooSlow !== undefined) throw tooSlow;
      yield next;
    }
  } finally {
    stream.destroy();
  }
}

/** A body that is here already, for a `RemoteContent`. */
export function wholeBody(whole: Uint8Array): {
  readonly whole: Uint8Array;
  readonly body: AsyncIterable<Uint8Array>;
  readonly discard: () => void;
} {
  async function* once(): AsyncGenerator<Uint8Array, void, undefined> {
    yield whole;
  }
  return { whole, body: { [Symbol.asyncIterator]: once }, discard: () => undefined };
}

/** Told of each chunk and of the time for which it was waited; answers an error when over a whole time limit too little came. */
export function openPace(timeoutSeconds: number): (bytes: number, waitedMs: number) => RequestError | undefined {
  let windowMs = 0;
  let windowBytes = 0;
  return (bytes, waitedMs) => {
    windowMs += waitedMs;
    windowBytes += bytes;
    if (windowMs < timeoutSeconds * 1000) return undefined;
    if (windowBytes < leastBytesPerSecond * timeoutSeconds) {
      const reason = `less than ${leastBytesPerSecond} bytes a second`;
      return new RequestError("SOURCE_UNREACHABLE", reason, { transient: true });
    }
    windowMs = 0;
    windowBytes = 0;
    return undefined;
  };
}

/** What to tell of a body that did not come to its end. */
export function brokenBody(error: unknown, receivedBytes: number, announcedBytes: number | undefined): RequestError {
  const expected = announcedBytes === undefined ? "" : `expected ${announcedBytes} bytes, `;
  return new RequestError("SOURCE_UNREACHABLE", `${expected}got ${receivedBytes}: ${describeCause(error)}`, {
    transient: true,
    cause: error,
  });
}

async function nextChunk(
  chunks: AsyncIterator<unknown>,
  received: () => number,
  announcedBytes: number | undefined,
): Promise<Uint8Array | undefined> {
  let next: IteratorResult<unknown>;
  try {
    next = await chunks.next();
  } catch (error) {
    throw brokenBody(error, received(), announcedBytes);
  }
  if (next.done === true) return undefined;
  if (!(next.value instanceof Uint8Array)) throw new Error("a stream of bytes gave something else");
  return next.value;
}
