import path from "node:path";

/** A path as people would type it: relative below the working directory, absolute elsewhere. */
export function shownPath(cwd: string, file: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}
