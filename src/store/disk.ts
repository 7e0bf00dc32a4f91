import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  fsyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";

import { hasErrorCode, naming } from "../error-code.ts";
import { Failure } from "../failure.ts";

/**
 * Makes everything written so far to the file system that holds `directory` durable, with one syncfs(2): the barrier between "written" and "visible".
 * Node has no syncfs, coreutils' `sync -f` has. A failed barrier is never retried: after an error the kernel forgets which pages were dirty.
 *
 * The program has a process group of its own: Ctrl-C in a terminal must interrupt asof, and not make a barrier fail.
 */
export async function syncFileSystem(directory: string): Promise<void> {
  try {
    // Before it has its group, such a signal can still end it, and nothing has failed: it is asked again.
    for (let code: unknown = null, signal: unknown = "SIGINT"; code !== 0;) {
      if (signal !== "SIGINT" && signal !== "SIGTERM") throw new Error(`sync ended with ${String(code ?? signal)}`);
      [code, signal] = await once(spawn("sync", ["-f", directory], { stdio: "ignore", detached: true }), "close");
    }
  } catch (cause) {
    throw new Failure("LOCAL_IO", `cannot make ${directory} durable: sync -f failed`, {
      cause,
      hint: "asof needs coreutils' sync and a disk that takes writes",
    });
  }
}

/** Replaces `file` by `content`, or by pieces of it one after the other: temporary name in the same folder, write, fsync, rename, fsync of the folder. Readers see the old bytes or the new ones. */
export function replaceFile(file: string, content: string | Uint8Array | readonly Uint8Array[], mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  const temporary = path.join(path.dirname(file), `.asof-new-${path.basename(file)}`);
  const handle = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    mode,
  );
  try {
    try {
      const pieces = typeof content === "string" ? [Buffer.from(content)] : content;
      for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) writeWhole(handle, piece);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    removeIfPossible(temporary);
    throw naming(error, temporary);
  }
  syncDirectory(path.dirname(file));
}

/** `replaceFile`, unless the file already holds exactly these bytes. Answers whether it wrote. */
export function replaceFileIfChanged(file: string, content: string | Uint8Array): boolean {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  if (readIfThere(file)?.equals(bytes) === true) return false;
  replaceFile(file, bytes);
  return true;
}

/** Writes a read-only file that is not there yet, or leaves none; with its modification time, where that matters. Not durable: that is for a barrier. */
export function writeNewFile(file: string, content: Uint8Array, second?: number): void {
  try {
    const handle = openSync(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o444,
    );
    try {
      writeWhole(handle, content);
      if (second !== undefined) futimesSync(handle, second, second);
    } catch (error) {
      removeIfPossible(file);
      throw error;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw naming(error, file);
  }
}

/** What a folder has; nothing where there is none. */
export function namesIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

export function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Makes the names inside a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Clears away after a failure, which is what has to be told: what cannot be removed now is removed by the next run. */
export function removeIfPossible(target: string): void {
  try {
    rmSync(target, { recursive: true, force: true });
  } catch {
    // The disk takes no changes at all.
  }
}

/** Writes all of `content`: write(2) may write less than it was given. */
export function writeWhole(handle: number, content: Uint8Array): void {
  for (let offset = 0; offset < content.length;) offset += writeSync(handle, content, offset);
}
