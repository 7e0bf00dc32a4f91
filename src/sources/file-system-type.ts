import { statfsSync } from "node:fs";

import { systemCode } from "./directory-errors.ts";

/** The kind of file system at `place`, as statfs(2) numbers them; undefined for what went away meanwhile. */
export function fileSystemType(place: string): number | undefined {
  try {
    return statfsSync(place).type;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
