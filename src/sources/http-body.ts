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
  let received = 0;
  let windowMs = 0;
  let windowBytes = 0;
  try {
    for (;;) {
      const asked = performance.now();
      const next = await nextChunk(chunks, () => received, announcedBytes);
      if (next === undefined) return;
      windowMs += performance.now() - asked;
      windowBytes += next.length;
      received += next.length;
      if (windowMs >= timeoutSeconds * 1000) {
        if (windowBytes < leastBytesPerSecond * timeoutSeconds) {
          throw new RequestError("SOURCE_UNREACHABLE", `less than ${leastBytesPerSecond} bytes a second`, {
            transient: true,
          });
        }
        windowMs = 0;
        windowBytes = 0;
      }
      yield next;
    }
  } finally {
    stream.destroy();
  }
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
    const expected = announcedBytes === undefined ? "" : `expected ${announcedBytes} bytes, `;
    throw new RequestError("SOURCE_UNREACHABLE", `${expected}got ${received()}: ${describeCause(error)}`, {
      transient: true,
      cause: error,
    });
  }
  if (next.done === true) return undefined;
  if (!(next.value instanceof Uint8Array)) throw new Error("a stream of bytes gave something else");
  return next.value;
}
