import { createCipheriv } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Failure } from "../failure.ts";
import { removeIfPossible, syncDirectory } from "./disk.ts";

/** What is free for asof's user on a file system. `files` is undefined where it makes inodes as it needs them. */
export interface Room {
  readonly bytes: number;
  readonly files: number | undefined;
}

export function roomOn(directory: string): Room {
  const { blocks, bavail, bsize, files, ffree } = statfsSync(directory);
  // A file system in memory without a limit says that it has no blocks.
  return { bytes: blocks === 0 ? Infinity : bavail * bsize, files: files === 0 ? undefined : ffree };
}

/**
 * Throws LOCAL_IO when what is to come would not fit: a run that fills the disk up harms everybody else on it, and would fail all the same. Five per cent more than the need must be there, for
 * directories and what else a file system writes, and beyond that the reserve.
 */
export function checkRoom(directory: string, need: { readonly bytes: number; readonly files: number }): void {
  const room = roomOn(directory);
  if (need.bytes === 0 && need.files === 0) return;
  const [bytes, files] = [Math.ceil(need.bytes * 1.05), Math.ceil(need.files * 1.05)];
  const spare = isReserved(directory) ? 0 : reserve.files * reserve.bytesEach;
  if (bytes > room.bytes - spare) {
    throw new Failure("LOCAL_IO", `${directory} has no room: ${bytes} bytes are needed, ${room.bytes} are free`, {
      hint: "free some space and run asof again; nothing was fetched",
    });
  }
  if (room.files !== undefined && files > room.files) {
    throw new Failure("LOCAL_IO", `${directory} has no room: ${files} inodes are needed, ${room.files} are free`, {
      hint: "remove some files and run asof again; nothing was fetched",
    });
  }
}

/** Space and inodes that are kept for commands that make room: they have to write a little before they can remove much. */
const reserve = { files: 24, bytesEach: 32_768 } as const;

/** What the reserve takes of a disk. */
export const reserveBytes: number = reserve.files * reserve.bytesEach;

const reserveIn = (stateDir: string): string => path.join(stateDir, "reserve");

function isReserved(stateDir: string): boolean {
  return existsSync(reserveIn(stateDir));
}

/** Sets the reserve aside where there is none, or half of one, and plenty of room for it. */
export function keepReserve(stateDir: string): void {
  const folder = reserveIn(stateDir);
  const room = roomOn(stateDir);
  const isPlenty =
    room.bytes > 4 * reserve.files * reserve.bytesEach && (room.files === undefined || room.files > 4 * reserve.files);
  if (!isPlenty || (isReserved(stateDir) && readdirSync(folder).length === reserve.files)) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let index = 0; index < reserve.files; index++) {
      writeFileSync(path.join(folder, String(index)), incompressible(index), { mode: 0o600, flush: true });
    }
    for (const made of [folder, stateDir]) syncDirectory(made);
  } catch {
    // Another program took the room meanwhile. A run that did its work has not failed for that.
    removeIfPossible(folder);
  }
}

/** Bytes that no file system makes smaller or stores once, the same in every state directory. */
function incompressible(index: number): Buffer {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16, index));
  return cipher.update(Buffer.alloc(reserve.bytesEach));
}

/** Gives the reserve free when the disk is full, or nearly. */
export function releaseReserve(stateDir: string): void {
  const room = roomOn(stateDir);
  const isFull =
    room.bytes < 2 * reserve.files * reserve.bytesEach || (room.files !== undefined && room.files < 2 * reserve.files);
  if (isFull) removeIfPossible(reserveIn(stateDir));
}
