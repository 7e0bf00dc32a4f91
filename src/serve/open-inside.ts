import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";

/** A regular file, open for reading. Whoever gets it closes it. */
export interface OpenedFile {
  readonly descriptor: number;
  readonly stats: Stats;
  /** Last component of the path that was asked for. */
  readonly name: string;
}

/**
 * Opens what `below` (decoded, without `..`) means below `root`. Symlinks are followed as long as they stay inside; what leads out, cannot be read or is neither file nor
 * directory is undefined, exactly as if it were not there. "directory" for a directory whose slash is missing; with its slash, its `index.html` is opened.
 *
 * Synchronous: each of these calls takes microseconds, and a trip through the thread pool several times as long.
 */
export function openInside(root: string, below: string): OpenedFile | "directory" | undefined {
  const file = below === "" || below.endsWith("/") ? `${below}index.html` : below;
  try {
    const realRoot = realpathSync.native(root);
    const real = realpathSync.native(path.join(realRoot, file));
    if (real !== realRoot && !real.startsWith(withSlash(realRoot))) return undefined;
    if (statSync(real).isDirectory()) return file === below ? "directory" : undefined;
    return openRegular(real, path.basename(file));
  } catch (error) {
    if (isUnreachable(error)) return undefined;
    throw error;
  }
}

/** At most `sizeBytes` bytes of an open file, from its beginning; where it is read on from does not change. */
export function readBeginning({ descriptor }: Pick<OpenedFile, "descriptor">, sizeBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(sizeBytes);
  let length = 0;
  for (let count = -1; count !== 0 && length < sizeBytes; length += count) {
    count = readSync(descriptor, buffer, length, sizeBytes - length, length);
  }
  return buffer.subarray(0, length);
}

function openRegular(real: string, name: string): OpenedFile | undefined {
  // Never through a link that came after the check; never waiting for the other end of a pipe.
  const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return { descriptor, stats, name };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

function withSlash(directory: string): string {
  return directory.endsWith(path.sep) ? directory : directory + path.sep;
}

const unreachable: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "EACCES",
  "EPERM",
  "ENAMETOOLONG",
  "ENXIO",
]);

function isUnreachable(error: unknown): boolean {
  return error instanceof Error && "code" in error && unreachable.has(error.code);
}
