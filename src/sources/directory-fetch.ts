import { constants, lstatSync, readlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { Failure } from "../failure.ts";
import type { RelativePath } from "../model/relative-path.ts";
import { isGone, systemCode, throwReadFailure } from "./directory-errors.ts";
import { movedFailure } from "./directory-moved.ts";
import type { ListedFile } from "./directory-moved.ts";
import { ContentMismatch } from "./source.ts";
import type { ContentSink, Source, StoredContent } from "./source.ts";
import { fileState } from "./stat-cache.ts";
import type { FileState } from "./stat-cache.ts";

const tries = 3;
const concurrency = 4;

/** Reads files into the sink, a few at a time, and notes in each what was read. The first failure ends them all. */
export async function fetchFiles(
  files: readonly ListedFile[],
  sink: ContentSink,
  { signal, onProgress }: Parameters<Source["fetch"]>[2],
): Promise<ReadonlyMap<RelativePath, StoredContent>> {
  const stored = new Map<RelativePath, StoredContent>();
  const queue = files.values();
  let bytesDone = 0;
  let failed = false;

  async function work(): Promise<void> {
    for (const file of queue) {
      if (failed) return;
      signal.throwIfAborted();
      const content = await fetchOne(file, sink, signal);
      file.digest = content.digest;
      stored.set(file.path, content);
      bytesDone += content.sizeBytes;
      onProgress?.({ filesDone: stored.size, filesTotal: files.length, bytesDone });
    }
  }

  const workers = Array.from({ length: concurrency }, async () => {
    try {
      await work();
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  // All of them have ended before anyone hears of a failure: nothing writes on behind the caller's back.
  const ends = await Promise.allSettled(workers);
  const failure = ends.find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return stored;
}

async function fetchOne(file: ListedFile, sink: ContentSink, signal: AbortSignal): Promise<StoredContent> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(file, sink, signal);
    } catch (error) {
      const isMoved = error instanceof Moved || error instanceof ContentMismatch || isGone(error);
      if (!isMoved) {
        if (systemCode(error) !== undefined && isReadError(error)) throwReadFailure(error, file.real);
        throw error;
      }
      if (attempt === tries) throw movedFailure(file.real, error);
      file.state = lookAgain(file.real);
    }
  }
}

async function readOnce(file: ListedFile, sink: ContentSink, signal: AbortSignal): Promise<StoredContent> {
  // O_NONBLOCK: a FIFO that took the file's place would be waited for for ever.
  const handle = await openToRead(file.real);
  try {
    const before = await stateOf(handle);
    if (before.key !== file.state.key || !isWhere(handle, file.real)) throw new Moved();
    return await sink.put(unchangedContent(handle, file.state, signal), { sizeBytes: file.state.sizeBytes });
  } finally {
    await handle.close();
  }
}

/** The file's bytes; ends with an error when the file is not what it was before the first of them, so that the sink keeps nothing. */
async function* unchangedContent(
  handle: FileHandle,
  before: FileState,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(1 << 20, Math.max(1, before.sizeBytes + 1)));
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  if ((await stateOf(handle)).key !== before.key) throw new Moved();
}

/** Whether the open file is the one at `real`: a directory on the way may have been swapped for a link meanwhile. */
function isWhere(handle: FileHandle, real: string): boolean {
  return readlinkSync(`/proc/self/fd/${handle.fd}`) === real;
}

async function stateOf(handle: FileHandle): Promise<FileState> {
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile()) throw new Moved();
  return fileState(stats);
}

function lookAgain(real: string): FileState {
  try {
    const stats = lstatSync(real, { bigint: true });
    if (stats.isFile()) return fileState(stats);
  } catch (error) {
    if (!isGone(error)) throwReadFailure(error, real);
  }
  throw movedFailure(real);
}

async function openToRead(real: string): Promise<FileHandle> {
  try {
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) throw new Moved();
    return throwReadFailure(error, real);
  }
}

/** Errors of the sink (a full disk) are not errors of the source: they pass as they are. */
function isReadError(error: unknown): boolean {
  return (
    error instanceof Error &&
    "syscall" in error &&
    (error.syscall === "read" || error.syscall === "fstat") &&
    !(error instanceof Failure)
  );
}

class Moved extends Error {
  override readonly name = "Moved";
}
