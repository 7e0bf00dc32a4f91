import os from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { hasErrorCode } from "../error-code.ts";
import { copyUnchanged } from "./copy-unchanged.ts";
import type { Copied, CopyJob } from "./copy-unchanged.ts";

/**
 * Copies many files, a thread for each processor where there is enough to do. `onCopied` hears of each job once, in no order, and may throw: then, as when the signal is aborted, this rejects with that
 * reason, and no thread writes any more. `jobs` are asked for a few at a time.
 */
export async function copyFiles<Job extends CopyJob>(
  jobs: Iterable<Job>,
  { files, bytes }: { readonly files: number; readonly bytes: number },
  onCopied: (job: Job, copied: Copied) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const isWorthIt = files >= worthThreads || bytes >= worthThreadsBytes;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workers = isWorthIt ? startThreads(Math.min(os.availableParallelism(), maxThreads, files), stop) : [];
  if (workers.length === 0) return copyHere(jobs, onCopied, signal);
  const over = new AbortController();
  const batches = batchesOf(jobs);
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const asked: Job[][] = [];
            const ask = (): void => {
              while (asked.length < batchesAhead) {
                const { done, value } = batches.next();
                if (done === true) break;
                asked.push(value);
                const message = value.map(withoutRest);
                // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
                worker.postMessage(message);
              }
              if (asked.length === 0) resolve();
            };
            worker.on("error", reject);
            worker.on("message", (copied: readonly Copied[]) => {
              try {
                for (const [index, job] of (asked.shift() ?? []).entries()) {
                  const result = copied[index];
                  if (result !== undefined) onCopied(job, result);
                }
                ask();
              } catch (error) {
                reject(error);
              }
            });
            signal.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
            ask();
          }),
      ),
    );
  } finally {
    over.abort();
    // A thread that is told to stop removes what it was writing before it is gone.
    Atomics.store(stop, 0, 1);
    await Promise.all(workers.map((worker) => endOf(worker)));
  }
}

const worthThreads = 64;
const worthThreadsBytes = 8 << 20;
const maxThreads = 8;
const filesPerBatch = 64;
const bytesPerBatch = 16 << 20;
const batchesAhead = 2;

/** As many as can be had: where the number of processes is limited that may be fewer, or none. */
function startThreads(count: number, stop: Int32Array): readonly Worker[] {
  const body = `(${copyThread.toString()})(${copyUnchanged.toString()})`;
  const workers: Worker[] = [];
  try {
    while (workers.length < count) workers.push(new Worker(body, { eval: true, workerData: stop }));
  } catch (error) {
    if (!hasErrorCode(error, "ERR_WORKER_INIT_FAILED")) throw error;
  }
  return workers;
}

async function copyHere<Job extends CopyJob>(
  jobs: Iterable<Job>,
  onCopied: (job: Job, copied: Copied) => void,
  signal: AbortSignal,
): Promise<void> {
  const never = new Int32Array(1);
  for (const job of jobs) {
    onCopied(job, copyUnchanged(job, never));
    await nextTurn(undefined, { signal });
  }
}

/** Few files, and few bytes, at a time: so that progress shows, and no thread is left with all that is large. */
function* batchesOf<Job extends CopyJob>(jobs: Iterable<Job>): Generator<Job[], void> {
  let batch: Job[] = [];
  let bytes = 0;
  for (const job of jobs) {
    batch.push(job);
    bytes += job.sizeBytes;
    if (batch.length < filesPerBatch && bytes < bytesPerBatch) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** A job without what only the caller needs: it is copied on its way to a thread. */
function withoutRest({ real, key, sizeBytes, to, second, mayClone }: CopyJob): CopyJob {
  return { real, key, sizeBytes, to, second, mayClone };
}

/** Asks a thread to end when it has answered what it was asked, and waits for it. */
async function endOf(worker: Worker): Promise<void> {
  // A thread that a bug ended has no number any more.
  if (worker.threadId === -1) return;
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage("end");
  await ended;
}

/** The body of a copying thread; see `copyUnchanged` for why it may name nothing of this module. */
function copyThread(copy: typeof copyUnchanged): void {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
  const stop: Int32Array = workerData;
  parentPort?.on("message", (asked: readonly CopyJob[] | "end") => {
    if (asked === "end") parentPort.close();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    else parentPort.postMessage(asked.map((job): Copied => (stop[0] === 0 ? copy(job, stop) : { is: "stopped" })));
  });
}
