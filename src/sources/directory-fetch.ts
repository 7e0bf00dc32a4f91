import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Failure } from "../failure.ts";
import { parseDigest } from "../model/digest.ts";
import { openCloneSupport } from "./clone-support.ts";
import { copyFiles } from "./copy-files.ts";
import type { Copied, CopyJob, SystemFault } from "./copy-unchanged.ts";
import { throwReadFailure } from "./directory-errors.ts";
import { regularFileState } from "./directory-walk.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { columnsOf } from "./file-state.ts";
import type { ContentSink, FetchProgress, StoredContent } from "./source.ts";

/** Many: they are asked for a few at a time, and twice. */
export interface FilesToFetch {
  readonly count: number;
  [Symbol.iterator](): Iterator<WalkedFile>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** `file` as the walk saw it, or as it was when it was read after a change. */
  readonly onFetched: (file: WalkedFile, content: StoredContent) => void;
}

/**
 * Reads `files` into the sink. The first failure stops the rest; when it is thrown nothing is open and nothing is written any more. SOURCE_MOVED for a file that changed each time it was read.
 */
export async function fetchFiles(
  files: FilesToFetch,
  sink: ContentSink,
  { signal, now, onProgress, onFetched }: FetchOptions,
): Promise<void> {
  const canClone = openCloneSupport();
  let filesDone = 0;
  let bytesDone = 0;

  /** What changed meanwhile is tried again, a little later each time: under the state that it has then. */
  let waiting: Iterable<WalkedFile> = files;
  let count = files.count;
  let reasons = new Map<string, string>();
  for (const pauseMs of [...pausesMs, undefined]) {
    const { bytes, newest } = sumOf(waiting, now());
    await letClockTick(newest, now(), signal);
    const changed: WalkedFile[] = [];
    reasons = new Map();
    await copyFiles(
      jobsOf(waiting, sink, now, canClone),
      { files: count, bytes },
      ({ file }, copied) => {
        if (copied.is === "changed") {
          changed.push(file);
          reasons.set(file.path, copied.why);
          return;
        }
        const { content, to } = writtenContent(file, copied);
        if (sink.take(to, content, file.state.key.split(",", 2).join(",")) === "itself") throw ownFailure(file.path);
        onFetched(file, content);
        filesDone += 1;
        bytesDone += content.sizeBytes;
        onProgress?.({ filesDone, filesTotal: files.count, bytesDone });
      },
      signal,
    );
    if (changed.length === 0) return;
    if (pauseMs === undefined) break;
    await pause(pauseMs, undefined, { signal });
    waiting = changed.map(asItIsNow);
    count = changed.length;
  }
  const [[name, why] = ["", ""]] = reasons;
  throw movedFailure(name, `changed each time it was read: it ${why}`);
}

const pausesMs = [10, 40, 160] as const;

/** `newest` is the newest change, of those that are not said to come. */
function sumOf(files: Iterable<WalkedFile>, now: number): { readonly bytes: number; readonly newest: number } {
  let bytes = 0;
  let newest = 0;
  for (const { state } of files) {
    bytes += state.sizeBytes;
    if (state.changed < now + 2) newest = Math.max(newest, state.changed);
  }
  return { bytes, newest };
}

function* jobsOf(
  files: Iterable<WalkedFile>,
  sink: ContentSink,
  now: () => number,
  canClone: ReturnType<typeof openCloneSupport>,
): Generator<CopyJob & { readonly file: WalkedFile }> {
  for (const file of files) {
    const { key, sizeBytes } = file.state;
    const to = sink.place();
    const mayClone = canClone(file.columns, file.real, path.dirname(to.file));
    yield { file, real: file.real, key, sizeBytes, to, second: Math.floor(now()), mayClone };
  }
}

function writtenContent(
  file: WalkedFile,
  copied: Exclude<Copied, { is: "changed" }>,
): { readonly content: StoredContent; readonly to: string } {
  if (copied.is === "failed") throwFault(copied.on, copied.error, file.real);
  const digest = copied.is === "copied" ? parseDigest(copied.digest) : undefined;
  if (copied.is !== "copied" || digest === undefined) throw new Error("a copy that was not stopped has a digest");
  return { content: { digest, sizeBytes: file.state.sizeBytes }, to: copied.to };
}

/** A fault that a thread met, as if it had been met here. */
function throwFault(on: "source" | "copy" | "proc", { message, ...fault }: SystemFault, real: string): never {
  const error = Object.assign(new Error(message), fault);
  if (on === "source") return throwReadFailure(error, real);
  if (on === "copy") throw error;
  throw new Failure("LOCAL_IO", "A directory source can be read only where /proc is mounted.", { cause: error });
}

function asItIsNow(file: WalkedFile): WalkedFile {
  const state = regularFileState(file.real);
  if (state === undefined) throw movedFailure(file.path, "went away, or is no longer a regular file");
  return { path: file.path, real: file.real, state, columns: columnsOf(state) };
}

/**
 * Two changes within one tick of the kernel's clock (up to 10 ms) leave the same ctime: files that changed just now are read when the tick is over, so that a
 * further change shows.
 */
async function letClockTick(newest: number, now: number, signal: AbortSignal): Promise<void> {
  if (now - newest < 0.02 && now - newest > -2) await pause(20, undefined, { signal });
}

/** Whoever writes into the source would write into every checkpoint that has this content. */
function ownFailure(name: string): Failure {
  return new Failure("SOURCE_BAD_DATA", `${name} of the source is a hard link of the file that asof serves.`, {
    hint: "What is written into one is written into the other: put a copy there (cp without -l).",
  });
}

/** A file that would not hold still. */
function movedFailure(name: string, what: string): Failure {
  return new Failure("SOURCE_MOVED", `${name} ${what}.`, {
    hint: "Run again when nothing writes to the source, or let its writer put files in place by rename.",
  });
}
