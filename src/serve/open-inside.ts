import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Stats } from "node:fs";
import path from "node:path";

/** A regular file, open for reading. Whoever gets it closes it. */
export interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: Stats;
  /** Last component of the path that was asked for. */
  readonly name: string;
}

/**
 * Opens what `below` (decoded, without `..`) means below `root`. Symlinks are followed as long as they stay inside; what leads out, cannot be read or is neither file nor
 * directory is undefined, exactly as if it were not there. "directory" for a directory whose slash is missing; with its slash, its `index.html` is opened.
 */
export async function openInside(root: string, below: string): Promise<OpenedFile | "directory" | undefined> {
  const file = below === "" || below.endsWith("/") ? `${below}index.html` : below;
  try {
    const realRoot = await realpath(root);
    const real = await realpath(path.join(realRoot, file));
    if (real !== realRoot && !real.startsWith(withSlash(realRoot))) return undefined;
    if ((await stat(real)).isDirectory()) return file === below ? "directory" : undefined;
    return await openRegular(real, path.basename(file));
  } catch (error) {
    if (isUnreachable(error)) return undefined;
    throw error;
  }
}

async function openRegular(real: string, name: string): Promise<OpenedFile | undefined> {
  // Never through a link that came after the check; never waiting for the other end of a pipe.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, stats, name };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
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
