import type { DirectoryRemote } from "../model/remote.ts";
import { below, filesOf, pathOf, rowsOf, walkedFile } from "./directory-listing.ts";
import type { Listing } from "./directory-listing.ts";
import { columnsOf, isRacy, stateAt } from "./file-state.ts";
import type { StateColumns } from "./file-state.ts";
import type { Scan } from "./remembered-scan.ts";

/** What a remembered scan must have been about to be of use. */
export function describe({ include, exclude, symlinks, ready }: DirectoryRemote, root: string): string {
  return JSON.stringify([root, include, exclude, symlinks, ready ?? null]);
}

/** What there is to remember of a settled listing. */
export function scanOf(listing: Listing): Scan {
  const { root, scan, walk, digests, reread, started, trustedTimes } = listing;
  let isPlain = !walk.hasFollowed;
  const trusted = (columns: StateColumns, real: string): StateColumns | undefined => {
    const times = trustedTimes(columns, real);
    if (times !== "all") isPlain = false;
    return times === "nothing" || isRacy(stateAt(columns), started) ? undefined : columns;
  };
  const directories = [...rowsOf(walk.keptDirectories, scan?.counts.directories ?? 0)].map((row) => ({
    path: scan?.directories()[row] ?? "",
    state: scan === undefined ? undefined : { states: scan.directoryStates, at: row },
  }));
  for (const [real, state] of walk.directories)
    directories.push({ path: pathOf(root, real), state: trusted(columnsOf(state), real) });
  directories.sort((a, b) => (a.path < b.path ? -1 : 1));
  const files = filesOf(listing).flatMap((file) => {
    const read = reread.get(file.path);
    const digest = digests.get(file.path) ?? file.digest;
    if (digest === undefined) {
      // What has no digest was not wanted: nothing may be concluded from unchanged directories.
      isPlain = false;
      return [];
    }
    if (read === undefined && file.row !== undefined && scan !== undefined)
      return [{ path: file.path, digest, state: { states: scan.fileStates, at: file.row } }];
    const { real, columns } = read ?? walkedFile(listing, file.path, file.row);
    if (real !== below(root, file.path)) isPlain = false;
    return [{ path: file.path, digest, state: trusted(columns, real) }];
  });
  return { directories, files, isPlain };
}
