import type { DirectoryRemote } from "../model/remote.ts";
import { compareScan } from "./compare-scan.ts";
import { filesOf, walkedFile } from "./directory-listing.ts";
import type { Listing } from "./directory-listing.ts";
import { directoryState, regularFileState, walkDirectory } from "./directory-walk.ts";
import { columnsOf, isRacy, stateAt } from "./file-state.ts";
import type { StateColumns } from "./file-state.ts";

/** Whether there was a moment at which all of the source was as it was seen and read: by what its times say, or by a second look. Throws as `walkDirectory` does. */
export async function isSettled(remote: DirectoryRemote, listing: Listing, signal: AbortSignal): Promise<boolean> {
  return (
    isUnchanged(listing) ||
    (wereOld(listing) && (await areDirectoriesStill(listing, signal))) ||
    (await isAsItWas(listing, signal)) ||
    (await showsTheSame(remote, listing, signal))
  );
}

/** Whether all of it is as an earlier settled run left it: so it was at the moment when the listing began, and nothing needs a second look. */
export function isUnchanged({ walk, digests }: Listing): boolean {
  return walk.keptFiles === "all" && digests.size === 0;
}

/**
 * Whether every file was, at the moment when the listing began, what it was when it was looked at, and read: what changed before that moment, by the kernel's own clock, was so from then on. That is said of files, not of
 * names: a rename gives no new time to what lies below. So the directories are looked at again, but no file. Only a file system that takes its times from this machine's clock can say so, and only while nobody sets that
 * clock.
 */
function wereOld({ walk, reread, started, trustedTimes, hasClockStepped }: Listing): boolean {
  if (hasClockStepped()) return false;
  const isOld = (state: StateColumns, real: string): boolean =>
    !isRacy(stateAt(state), started) && trustedTimes(state, real) === "all";
  return (
    [...walk.directories].every(([real, state]) => isOld(columnsOf(state), real)) &&
    [...walk.files.values(), ...reread.values()].every(({ columns, real }) => isOld(columns, real))
  );
}

async function areDirectoriesStill({ root, scan, walk }: Listing, signal: AbortSignal): Promise<boolean> {
  for (const [real, state] of walk.directories) {
    signal.throwIfAborted();
    if (directoryState(real)?.key !== state.key) return false;
  }
  if (scan?.isPlain !== true) return true;
  const again = await compareScan(root, scan, signal, { only: "directories" });
  return !holds(walk.keptDirectories, again.directories);
}

/** Whether a second look at everything finds each name as the first one did: then there was a moment between the two at which all were so. */
async function isAsItWas(listing: Listing, signal: AbortSignal): Promise<boolean> {
  const { root, scan, walk, reread } = listing;
  if (!(await areDirectoriesStill(listing, signal))) return false;
  for (const { path, real, state } of walk.files.values()) {
    signal.throwIfAborted();
    if (regularFileState(real)?.key !== (reread.get(path)?.state ?? state).key) return false;
  }
  if (scan?.isPlain !== true) return true;
  return !holds(walk.keptFiles, (await compareScan(root, scan, signal)).files);
}

/** Whether any of the rows is among those that are kept. */
function holds(kept: readonly number[] | "all", rows: readonly number[]): boolean {
  if (kept === "all" || rows.length === 0) return rows.length > 0;
  const known = new Set(kept);
  return rows.some((row) => known.has(row));
}

/** A directory also changes when something comes or goes that the patterns leave out, the temporary files of a writer say. */
async function showsTheSame(remote: DirectoryRemote, listing: Listing, signal: AbortSignal): Promise<boolean> {
  const again = await walkDirectory(remote, signal);
  const files = filesOf(listing);
  if (again.hasChanged || again.troubles.length > 0 || again.files.size !== files.length) return false;
  return files.every((file) => {
    const now = again.files.get(file.path);
    const { real, state } = listing.reread.get(file.path) ?? walkedFile(listing, file.path, file.row);
    return now?.real === real && now.state.key === state.key;
  });
}
