import { linkSync, readlinkSync } from "node:fs";

import { hasErrorCode } from "../error-code.ts";

/** Gives the symlink `from` the name `to` as well. False, and nothing done, where there is no symlink to `target`: the way to the same directory may be a shorter one from there (its neighbours have the same two digits). */
export function linkEarlierSymlink(from: string, to: string, target: string): boolean {
  try {
    if (readlinkSync(from) !== target) return false;
    linkSync(from, to);
    return true;
  } catch (error) {
    // Nothing there, or no symlink; too many links, or a file system that links no symlinks: a new one does as well.
    if (hasErrorCode(error, "ENOENT", "EINVAL", "EMLINK", "EPERM", "ENOTSUP")) return false;
    throw error;
  }
}
