import { realpath } from "node:fs/promises";
import path from "node:path";

import { hasErrorCode } from "../error-code.ts";

/** Where `absolute` really leads: symbolic links followed as far as the path exists and may be read, the rest taken as written. */
export async function realPathOf(absolute: string): Promise<string> {
  try {
    return await realpath(absolute);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG")) throw error;
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(await realPathOf(parent), path.basename(absolute));
  }
}
