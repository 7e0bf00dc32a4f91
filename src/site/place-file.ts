import { constants, copyFileSync, existsSync, linkSync, utimesSync, chmodSync, statSync } from "node:fs";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";

/**
 * Puts a pool object under a public name that is not there yet: a hard link, or a copy with the same modification time when `copy` is set, for empty files (every
 * repository has thousands of the same one) and for objects that have as many links as the file system allows.
 */
export function placeFile(
  object: string,
  to: string,
  options: { readonly copy: boolean; readonly sizeBytes: number },
): void {
  if (options.copy || options.sizeBytes === 0) {
    copyObject(object, to);
    return;
  }
  try {
    linkSync(object, to);
  } catch (error) {
    if (hasErrorCode(error, "EMLINK")) {
      copyObject(object, to);
      return;
    }
    if (hasErrorCode(error, "EPERM", "ENOTSUP")) {
      throw new Failure("CONFIG", `cannot hard-link ${object} to ${to} (${error.code})`, {
        cause: error,
        hint: "this file system takes no hard links: set layout: copies",
      });
    }
    throw asDamage(error, object);
  }
}

/** A pool object that is not there is damage of the state, whatever the system calls it. */
function asDamage(error: unknown, object: string): unknown {
  if (!hasErrorCode(error, "ENOENT") || existsSync(object)) return error;
  return new Failure("DAMAGE", `${object} is missing from the pool`, {
    cause: error,
    hint: "asof verify --repair looks for its bytes in the site and at the remote; or restore state/ from a backup",
  });
}

/** A copy of its own, optionally under another modification time (whole seconds). */
export function copyObject(object: string, to: string, mtimeSeconds?: number): void {
  try {
    copyFileSync(object, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    throw asDamage(error, object);
  }
  const seconds = mtimeSeconds ?? Math.floor(statSync(object).mtimeMs / 1000);
  chmodSync(to, 0o444);
  utimesSync(to, seconds, seconds);
}
