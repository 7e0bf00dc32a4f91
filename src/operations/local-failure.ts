import { existsSync } from "node:fs";
import path from "node:path";

import { Failure } from "../failure.ts";
import { roomOn } from "../store/room.ts";
import { isObjectPath } from "../store/state-layout.ts";

/**
 * What the operating system refused (no space, no permission, too many open files) as a LOCAL_IO failure that names the path, and an object that is not there as DAMAGE; anything else as it is. A system
 * call that fails is the machine's fault, not a bug.
 */
export function asLocalFailure(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error) || !("syscall" in error) || !("code" in error))
    return error;
  const file = "path" in error && typeof error.path === "string" ? error.path : undefined;
  // Where both names of a link are told, it may be the other one whose folder is not there.
  if (error.code === "ENOENT" && file !== undefined && isObjectPath(file) && !existsSync(file)) {
    return new Failure("DAMAGE", `${file} is missing from the pool`, {
      cause: error,
      hint: "asof verify --repair looks for its bytes in the site and at the remote; or restore state/ from a backup",
    });
  }
  const room = isFull(error.code) && file !== undefined ? roomAround(file) : "";
  const where = file === undefined ? "" : ` ${file}`;
  return new Failure("LOCAL_IO", `${String(error.syscall)}${where} failed: ${String(error.code)}${room}`, {
    cause: error,
    hint: hints.get(error.code) ?? "nothing is half visible; mend it and run asof again",
  });
}

function isFull(code: unknown): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

/** What is free where `file` was to be written. */
function roomAround(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (!existsSync(folder) && folder !== path.dirname(folder)) continue;
    const { bytes, files } = roomOn(folder);
    return ` (${bytes} bytes${files === undefined ? "" : ` and ${files} inodes`} are free)`;
  }
}

const hints: ReadonlyMap<unknown, string> = new Map([
  ["ENOSPC", "free some space or inodes and run asof again; nothing was published halfway"],
  ["EDQUOT", "make room in the quota of asof's user and run asof again; nothing was published halfway"],
  ["EACCES", "run asof as the user that owns state/"],
  ["EXDEV", "state and output must lie on one file system: what is visible takes its name by a rename"],
]);
