import { rmSync } from "node:fs";
import os from "node:os";
import { Worker } from "node:worker_threads";

import { hasErrorCode } from "../error-code.ts";
import { directoryThread, makeDirectory } from "./new-directory.ts";
import type { DirectoryBatch, NewDirectory, NotMade } from "./new-directory.ts";

/** Makes directories of which none lies in another, with the help of a thread where there are many. */
export interface DirectoryMaker {
  /** Made at once, or by the end of `finish`. Throws like `makeDirectory`. */
  make(directory: NewDirectory): void;
  /** Resolves when all of them stand; rejects with what kept one from being made. */
  finish(): Promise<void>;
  /** Resolves when nothing is made any more, whether all was or not. */
  close(): Promise<void>;
}

/** Makes each at once. */
export const withoutHelp: Pick<DirectoryMaker, "make"> = { make: makeDirectory };

/** So many are made before a thread has begun. */
const worthThread = 500;
const directoriesPerBatch = 32;
/** What the thread has to do next while this one makes directories itself. */
const batchesAhead = 4;

export function openDirectoryMaker(): DirectoryMaker {
  let count = 0;
  let waiting: NewDirectory[] = [];
  let helper: Helper | undefined;

  function make(directory: NewDirectory): void {
    count += 1;
    if (count === worthThread) helper = startHelper();
    if (helper === undefined) {
      makeDirectory(directory);
      return;
    }
    waiting.push(directory);
    if (waiting.length < directoriesPerBatch) return;
    const batch = waiting;
    waiting = [];
    if (helper.behind() < batchesAhead) helper.ask(batch);
    else for (const one of batch) makeDirectory(one);
  }

  async function finish(): Promise<void> {
    const left = waiting;
    waiting = [];
    for (const one of left) makeDirectory(one);
    for (const one of (await helper?.finish()) ?? []) {
      rmSync(one.dir, { recursive: true, force: true });
      makeDirectory(one);
    }
  }

  return { make, finish, close: async () => helper?.close() };
}

interface Helper {
  ask(batch: readonly NewDirectory[]): void;
  /** Batches that were asked for and are not made. */
  behind(): number;
  /** Ends the thread when it has made all, and answers what it could not make. */
  finish(): Promise<readonly NewDirectory[]>;
  close(): Promise<void>;
}

/** Undefined where there is one processor, or no thread to be had: it would only have saved time. */
function startHelper(): Helper | undefined {
  const worker = os.availableParallelism() < 2 ? undefined : startThread();
  if (worker === undefined) return undefined;
  const made = new SharedArrayBuffer(4);
  const counter = new Int32Array(made);
  const notMade: NewDirectory[] = [];
  let asked = 0;
  const ended = new Promise<readonly NewDirectory[]>((resolve, reject) => {
    worker.on("message", (failed: NotMade) => notMade.push(...failed));
    worker.on("error", reject);
    worker.on("exit", () => {
      if (Atomics.load(counter, 0) === asked) resolve(notMade);
      else reject(new Error("a thread ended before its work was done"));
    });
  });
  // Whoever closes without it is not told.
  ended.catch(() => {});
  return {
    ask: (directories) => {
      asked += 1;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ directories, made } satisfies DirectoryBatch);
    },
    behind: () => asked - Atomics.load(counter, 0),
    finish: () => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage("end");
      return ended;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

function startThread(): Worker | undefined {
  try {
    return new Worker(`(${directoryThread.toString()})()`, { eval: true });
  } catch (error) {
    if (hasErrorCode(error, "ERR_WORKER_INIT_FAILED")) return undefined;
    throw error;
  }
}
