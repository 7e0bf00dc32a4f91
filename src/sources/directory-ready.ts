import { join } from "node:path";

import type { DirectoryRemote } from "../model/remote.ts";
import { regularFileState } from "./directory-walk.ts";

/**
 * The mark by which the writer of a directory says that all of it is there, as a text that differs whenever the mark was taken away or made anew: "absent" without it, "none wanted" where
 * the remote names none. Only a regular file is one.
 */
export function readyMark({ path, ready }: Pick<DirectoryRemote, "path" | "ready">): string {
  if (ready === undefined) return "none wanted";
  return regularFileState(join(path, ready))?.key ?? "absent";
}
