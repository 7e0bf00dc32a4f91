import os from "node:os";
import { Worker } from "node:worker_threads";

import { hasErrorCode } from "../error-code.ts";
import { hashingThread } from "./hash-thread.ts";
import type { Chunk, ChunkResult, LookedAt } from "./hash-thread.ts";

/**
 * Looks at files, a thread for each processor, and hashes them unless `hash` is false. `onFile` hears of every path once, in no order. Memory does not grow with the number or the size of files.
 * Rejects with the signal's reason when it is aborted.
 */
export async function lookAtFiles(
  paths: Iterable<string>,
  options: {
    readonly hash: boolean;
    readonly signal: AbortSignal;
    readonly onFile: (path: string, found: LookedAt) => void;
  },
): Promise<void> {
  const { hash, signal, onFile } = options;
  const source = paths[Symbol.iterator]();
  const first = takeChunk(source);
  if (first.length === 0) return;
  signal.throwIfAborted();
  const count = first.length < chunkSize ? Math.min(threads(), Math.ceil(first.length / 16)) : threads();
  const workers = startThreads(count);
  const over = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      /** Chunks that some thread has not answered yet, oldest first; a thread answers in the order in which it was asked. */
      const open: { readonly paths: readonly string[]; waitingFor: number }[] = [];
      const answered = workers.map(() => 0);
      let dropped = 0;

      const send = (chunk: readonly string[]): void => {
        open.push({ paths: chunk, waitingFor: workers.length });
        const message: Chunk = { paths: chunk, hash, next: new SharedArrayBuffer(4) };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        for (const worker of workers) worker.postMessage(message);
      };
      const onResult = (worker: number, result: ChunkResult): void => {
        const chunk = open[(answered[worker] ?? 0) - dropped];
        if (chunk === undefined) throw new Error("a hashing thread answered what it was not asked");
        answered[worker] = (answered[worker] ?? 0) + 1;
        for (const [index, found] of result) onFile(chunk.paths[index] ?? "", found);
        chunk.waitingFor -= 1;
        while (open[0]?.waitingFor === 0) {
          open.shift();
          dropped += 1;
        }
        refill();
      };
      const refill = (): void => {
        while (open.length < chunksAhead) {
          const chunk = takeChunk(source);
          if (chunk.length === 0) break;
          send(chunk);
        }
        if (open.length === 0) resolve();
      };

      for (const [index, worker] of workers.entries()) {
        worker.on("error", reject);
        worker.on("message", (result: ChunkResult) => {
          try {
            onResult(index, result);
          } catch (error) {
            reject(error);
          }
        });
      }
      signal.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
      send(first);
      refill();
    });
  } finally {
    over.abort();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** As many as can be had, and at least one: where the number of processes is limited that may be fewer. */
function startThreads(count: number): readonly Worker[] {
  const workers: Worker[] = [];
  try {
    while (workers.length < count) workers.push(new Worker(`(${hashingThread.toString()})()`, { eval: true }));
  } catch (error) {
    if (workers.length === 0 || !hasErrorCode(error, "ERR_WORKER_INIT_FAILED")) throw error;
  }
  return workers;
}

const chunkSize = 256;
const chunksAhead = 4;

function threads(): number {
  return Math.min(os.availableParallelism(), 8);
}

function takeChunk(source: Iterator<string>): readonly string[] {
  const chunk: string[] = [];
  while (chunk.length < chunkSize) {
    const { done, value } = source.next();
    if (done === true) break;
    chunk.push(value);
  }
  return chunk;
}
