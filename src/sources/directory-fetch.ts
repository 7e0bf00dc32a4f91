import { setTimeout as pause } from "node:timers/promises";

import { Failure } from "../failure.ts";
import { ChangedWhileRead, readUnchanged } from "./directory-read.ts";
import { regularFileState } from "./directory-walk.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { ContentMismatch } from "./source.ts";
import type { ContentSink, FetchProgress, StoredContent } from "./source.ts";

export interface FetchedFile {
  /** As the walk saw it, or as it was when it was read after a change. */
  readonly file: WalkedFile;
  readonly content: StoredContent;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Reads `files` into the sink, a few at a time. The first failure stops the rest; when it is thrown nothing is open and nothing is written any more. SOURCE_MOVED for a file
 * that changed each time it was read.
 */
export async function fetchFiles(
  files: readonly WalkedFile[],
  sink: ContentSink,
  { signal, now, onProgress }: FetchOptions,
): Promise<readonly FetchedFile[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const fetched: FetchedFile[] = [];
  let bytesDone = 0;
  const queue = files.values();

  async function work(): Promise<void> {
    for (const file of queue) {
      either.throwIfAborted();
      const result = await fetchFile(file, sink, { signal: either, now });
      fetched.push(result);
      bytesDone += result.content.sizeBytes;
      onProgress?.({ filesDone: fetched.length, filesTotal: files.length, bytesDone });
    }
  }

  const workers = Array.from({ length: Math.min(files.length, filesAtATime) }, () => work());
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
  return fetched;
}

const filesAtATime = 4;
const pausesMs = [10, 40, 160] as const;

async function fetchFile(
  walked: WalkedFile,
  sink: ContentSink,
  { signal, now }: Pick<FetchOptions, "signal" | "now">,
): Promise<FetchedFile> {
  let file = walked;
  for (const pauseMs of [...pausesMs, undefined]) {
    await letClockTick(file, now(), signal);
    try {
      const content = await sink.put(readUnchanged(file, signal), { sizeBytes: file.state.sizeBytes });
      return { file, content };
    } catch (error) {
      if (!(error instanceof ChangedWhileRead || error instanceof ContentMismatch)) throw error;
      if (pauseMs === undefined) throw movedFailure(file, "changed each time it was read", error);
      await pause(pauseMs, undefined, { signal });
    }
    const state = regularFileState(file.real);
    if (state === undefined) throw movedFailure(file, "went away, or is no longer a regular file");
    file = { ...file, state };
  }
  throw new Error("the last try returns or throws");
}

/**
 * Two changes within one tick of the kernel's clock (up to 10 ms) leave the same ctime: a file that changed just now is read when the tick is over, so that a
 * further change shows.
 */
async function letClockTick({ state }: WalkedFile, now: number, signal: AbortSignal): Promise<void> {
  const age = now - state.changed;
  if (age < 0.02 && age > -2) await pause(20, undefined, { signal });
}

/** A file that would not hold still. */
function movedFailure({ path }: WalkedFile, what: string, cause?: unknown): Failure {
  return new Failure("SOURCE_MOVED", `${path} ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Run again when nothing writes to the source, or let its writer put files in place by rename.",
  });
}
