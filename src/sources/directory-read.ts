import { closeSync, constants, fstatSync, openSync, read, readlinkSync } from "node:fs";
import { promisify } from "node:util";

import { Failure } from "../failure.ts";
import { isGone, systemCode, throwReadFailure } from "./directory-errors.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { fileState } from "./stat-cache.ts";

/** A file is not, or is no longer, what the walk saw. */
export class ChangedWhileRead extends Error {
  override readonly name = "ChangedWhileRead";
}

/**
 * The bytes of `file`, exactly as many as its state says. Throws ChangedWhileRead, before or instead of the end, unless the opened file is at every moment the
 * very one that the walk saw: so whoever takes the whole stream has a complete version of the file.
 *
 * Nothing outside the source is ever read: the file may not be a link, and must lie, once open, where its path says, whatever directories were swapped for
 * links on the way.
 */
export async function* readUnchanged(file: WalkedFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const descriptor = openFile(file.real);
  try {
    assertIsStill(file, descriptor);
    const place = placeOf(descriptor);
    if (place !== file.real) throw new ChangedWhileRead(`${file.path} was opened as ${place}`);
    let remaining = file.state.sizeBytes;
    while (remaining > 0) {
      signal.throwIfAborted();
      // A buffer of its own each time: the one who takes it may hold it for longer than the next step.
      const buffer = Buffer.allocUnsafe(Math.min(remaining, chunkBytes));
      const bytesRead = await readSome(descriptor, buffer, file.real);
      if (bytesRead === 0) throw new ChangedWhileRead(`${file.path} is shorter than it was`);
      remaining -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    assertIsStill(file, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const chunkBytes = 256 * 1024;
const readInto = promisify(read);

/** Without O_NONBLOCK the opening of a FIFO waits for a writer. */
function openFile(real: string): number {
  try {
    return openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // ENXIO: a socket took the file's place; EAGAIN: another process holds a lease on it.
    const code = systemCode(error);
    if (isGone(error) || code === "ENXIO" || code === "EAGAIN") {
      throw new ChangedWhileRead(`${real} cannot be opened`, { cause: error });
    }
    return throwReadFailure(error, real);
  }
}

function assertIsStill({ path, state }: WalkedFile, descriptor: number): void {
  const stats = fstatSync(descriptor, { bigint: true });
  if (!stats.isFile() || fileState(stats).key !== state.key) {
    throw new ChangedWhileRead(`${path} is not the file that it was`);
  }
}

/** Where an open file lies, as the kernel says. */
function placeOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch (error) {
    if (!isGone(error)) throw error;
    throw new Failure("LOCAL_IO", "A directory source can be read only where /proc is mounted.", { cause: error });
  }
}

async function readSome(descriptor: number, buffer: Buffer, real: string): Promise<number> {
  try {
    return (await readInto(descriptor, buffer, 0, buffer.length, null)).bytesRead;
  } catch (error) {
    return throwReadFailure(error, real);
  }
}
