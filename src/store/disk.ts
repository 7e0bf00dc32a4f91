import { execFile } from "node:child_process";
import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";

/**
 * Makes everything written so far to the file system that holds `directory` durable, with one syncfs(2): the barrier between "written" and "visible".
 * Node has no syncfs, coreutils' `sync -f` has. A failed barrier is never retried: after an error the kernel forgets which pages were dirty.
 */
export async function syncFileSystem(directory: string): Promise<void> {
  try {
    await promisify(execFile)("sync", ["-f", directory]);
  } catch (cause) {
    throw new Failure("LOCAL_IO", `cannot make ${directory} durable: sync -f failed`, {
      cause,
      hint: "asof needs coreutils' sync and a disk that takes writes",
    });
  }
}

/** Replaces `file` by `content`: temporary name in the same folder, write, fsync, rename, fsync of the folder. Readers see the old bytes or the new ones. */
export function replaceFile(file: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  const temporary = path.join(path.dirname(file), `.asof-new-${path.basename(file)}`);
  const handle = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    mode,
  );
  try {
    writeWhole(handle, typeof content === "string" ? Buffer.from(content) : content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
  syncDirectory(path.dirname(file));
}

/** `replaceFile`, unless the file already holds exactly these bytes. Answers whether it wrote. */
export function replaceFileIfChanged(file: string, content: string | Uint8Array): boolean {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  if (readIfThere(file)?.equals(bytes) === true) return false;
  replaceFile(file, bytes);
  return true;
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

/** Writes all of `content`: write(2) may write less than it was given. */
export function writeWhole(handle: number, content: Uint8Array): void {
  for (let offset = 0; offset < content.length;) offset += writeSync(handle, content, offset);
}
