import { lstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

import { hasErrorCode } from "../error-code.ts";

/** `lstat`, or undefined when nothing is there: also below something that is a file by now, which Node's `throwIfNoEntry` throws for. */
export function lstatIfThere(file: string): Stats | undefined {
  return ifThere(() => lstatSync(file, { throwIfNoEntry: false }));
}

/** `stat`, with links followed; undefined as for `lstatIfThere`. */
export function statIfThere(file: string): Stats | undefined {
  return ifThere(() => statSync(file, { throwIfNoEntry: false }));
}

function ifThere(read: () => Stats | undefined): Stats | undefined {
  try {
    return read();
  } catch (error) {
    if (hasErrorCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
