import { ContentMismatch } from "../../sources/source.ts";
import type { ContentSink } from "../../sources/source.ts";
import type { Transaction } from "../../store/transaction.ts";

/** The pool as sources see it: bytes that are not what was announced never enter. */
export function contentSink(transaction: Transaction): ContentSink {
  return {
    put: (content, expected = {}) =>
      transaction.put(content, {
        size: (bytesSoFar) => {
          if (expected.sizeBytes !== undefined && bytesSoFar > expected.sizeBytes) {
            throw new ContentMismatch(`more than the expected ${expected.sizeBytes} bytes came`);
          }
        },
        whole: ({ digest, sizeBytes }) => {
          if (expected.sizeBytes !== undefined && sizeBytes !== expected.sizeBytes) {
            throw new ContentMismatch(`expected ${expected.sizeBytes} bytes, got ${sizeBytes}`);
          }
          if (expected.digest !== undefined && digest !== expected.digest) {
            throw new ContentMismatch(`expected SHA-256 ${expected.digest}, got ${digest}`);
          }
        },
      }),
    place: () => transaction.place(),
    take: (file, stored, from) => transaction.take(file, stored, from),
  };
}
