import { compareNames } from "../model/compare-names.ts";
import type { Digest } from "../model/digest.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { compareScan } from "./compare-scan.ts";
import { fetchFiles } from "./directory-fetch.ts";
import type { FilesToFetch } from "./directory-fetch.ts";
import { readyMark } from "./directory-ready.ts";
import { rewalkDirectory } from "./directory-rewalk.ts";
import type { Rewalk } from "./directory-rewalk.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import { troubleFailure } from "./directory-trouble.ts";
import { directoryState, regularFileState, walkDirectory } from "./directory-walk.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { columnsOf, isRacy, stateAt } from "./file-state.ts";
import type { StateColumns } from "./file-state.ts";
import { recall, rememberScan } from "./remembered-scan.ts";
import type { RememberedScan, Scan } from "./remembered-scan.ts";
import { SourceNotReady } from "./source.ts";
import type { Source, SourceCache, SourceEntry, StoredContent } from "./source.ts";
import { openTrustedTimes } from "./trusted-times.ts";

/**
 * A directory of this machine as a source: every regular file below it that the remote's patterns select, under its path from there.
 *
 * Nothing is opened that is not a regular file, and nothing outside the directory. Failures: SOURCE_UNREACHABLE no such directory, or a fault of the disk;
 * SOURCE_REFUSED no permission; SOURCE_BAD_DATA symbolic links against the policy, FIFOs, sockets, devices, names that are no `RelativePath`; SOURCE_MOVED a file
 * kept changing while it was read; CONFIG an impossible pattern.
 *
 * A file whose device, inode, size, mtime and ctime are those of an earlier settled run has its digest from `cache` and need not be fetched; a directory that is as that run saw it is not read; both only where the
 * file system's times can be trusted that far (`TrustedTimes`).
 *
 * With `ready` nothing is read without that file: `list` throws a SourceNotReady, and a source whose mark went or was made anew while it was read has moved.
 *
 * `now` is in seconds since 1970, by the clock that stamps the files; fractions are welcome.
 */
export function openDirectory(
  remote: DirectoryRemote,
  { cache, now }: { readonly cache: SourceCache; readonly now: () => number },
): Source {
  let listing: Listing | undefined;

  return {
    async list(signal) {
      const started = now();
      const startedMs = performance.now();
      const ready = readyMark(remote);
      if (ready === "absent") {
        // A source that is missing altogether is a failure, mark or not.
        openDirectoryTree(remote);
        throw new SourceNotReady(`${remote.ready} is not there`);
      }
      const root = openDirectoryTree(remote).root.real;
      const scan = await recall(cache, describe(remote, root));
      const walk = await rewalkDirectory(remote, scan, signal);
      if (walk.troubles.length > 0) throw troubleFailure(remote.path, walk.troubles);
      const current: Listing = {
        started,
        ready,
        root,
        scan,
        walk,
        trustedTimes: openTrustedTimes(),
        hasClockStepped: () => Math.abs(now() - started - (performance.now() - startedMs) / 1000) > 1,
        digests: new Map(),
        reread: new Map(),
        settled: false,
      };
      listing = current;
      let entries: readonly SourceEntry[] | undefined;
      return {
        // Of an unchanged source nobody asks for them.
        get entries() {
          return (entries ??= filesOf(current).map(({ path, digest, sizeBytes }) => ({ path, digest, sizeBytes })));
        },
        manifest: undefined,
        serverSeconds: undefined,
        sameAs: walk.keptFiles === "all" ? scan?.tag : undefined,
      };
    },

    async fetch(wanted, sink, { signal, onProgress }) {
      const current = assertListed(listing);
      const { walk } = current;
      if (wanted.length === 0) return new Map();
      const rows = keptRows(current, wanted);
      const files: FilesToFetch = {
        count: wanted.length,
        *[Symbol.iterator]() {
          for (const { path } of wanted) yield walkedFile(current, path, rows.get(path));
        },
      };
      const stored = new Map<RelativePath, StoredContent>();
      const onFetched = (file: WalkedFile, content: StoredContent): void => {
        current.digests.set(file.path, content.digest);
        if (walk.files.get(file.path) !== file) current.reread.set(file.path, file);
        stored.set(file.path, content);
      };
      await fetchFiles(files, sink, { signal, now, onProgress, onFetched });
      return stored;
    },

    async confirm(signal) {
      const current = assertListed(listing);
      signal.throwIfAborted();
      // A writer that took its mark away, or made it anew, has begun again.
      if (current.walk.hasChanged || readyMark(remote) !== current.ready) return "moved";
      const isStill =
        isUnchanged(current) ||
        (wereOld(current) && (await areDirectoriesStill(current, signal))) ||
        (await isAsItWas(current, signal)) ||
        (await showsTheSame(remote, current, signal));
      current.settled = isStill;
      return isStill ? "settled" : "moved";
    },

    async remember(tag) {
      const current = assertListed(listing);
      if (!current.settled) throw new Error("what is not settled is not remembered");
      if (isUnchanged(current) && current.scan?.tag === tag) return;
      await rememberScan(cache, describe(remote, current.root), tag, scanOf(current));
    },
  };
}

interface Listing {
  /** When the listing began, in seconds since 1970. */
  readonly started: number;
  /** The mark of the source's writer when the listing began. */
  readonly ready: string;
  readonly root: string;
  readonly scan: RememberedScan | undefined;
  readonly walk: Rewalk;
  readonly trustedTimes: ReturnType<typeof openTrustedTimes>;
  /** Whether the clock was set since the listing began. */
  readonly hasClockStepped: () => boolean;
  /** Of what was read in this run. */
  readonly digests: Map<RelativePath, Digest>;
  /** As they were when they were read, where the walk had seen them otherwise, or not looked. */
  readonly reread: Map<RelativePath, WalkedFile>;
  settled: boolean;
}

/** A file of the listing: a row of the remembered scan, or looked at in this run. */
interface ListedFile {
  readonly path: RelativePath;
  readonly sizeBytes: number;
  readonly digest: Digest | undefined;
  readonly row: number | undefined;
}

/** What a remembered scan must have been about to be of use. */
function describe({ include, exclude, symlinks, ready }: DirectoryRemote, root: string): string {
  return JSON.stringify([root, include, exclude, symlinks, ready ?? null]);
}

/** Every file of the listing, by path. */
function filesOf({ scan, walk, started }: Listing): readonly ListedFile[] {
  const kept = scan === undefined ? [] : [...rowsOf(walk.keptFiles, scan.counts.files)];
  const rows = scan === undefined || walk.files.size === 0 ? undefined : rowsByPath(scan, walk);
  const files: ListedFile[] = [];
  const fresh = walk.files.values();
  let next = fresh.next();
  const takeFresh = (before: RelativePath | undefined): void => {
    for (; next.done !== true; next = fresh.next()) {
      const { path, state } = next.value;
      if (before !== undefined && compareNames(path, before) > 0) return;
      const row = rows?.get(path);
      const isKnown =
        row !== undefined &&
        scan !== undefined &&
        !isRacy(state, started) &&
        stateAt({ states: scan.fileStates, at: row }).key === state.key;
      files.push({
        path,
        sizeBytes: state.sizeBytes,
        digest: isKnown ? scan.digestOf(row) : undefined,
        row: undefined,
      });
    }
  };
  if (scan !== undefined) {
    const paths = scan.paths();
    for (const row of kept) {
      const path = paths[row];
      if (path === undefined) throw new Error("a row has a path");
      takeFresh(path);
      files.push({ path, sizeBytes: Number(scan.fileStates[row * 5 + 2]), digest: scan.digestOf(row), row });
    }
  }
  takeFresh(undefined);
  return files;
}

/** Remembered rows of the files that were looked at anew. */
function rowsByPath(scan: RememberedScan, { files }: Rewalk): ReadonlyMap<RelativePath, number> {
  const rows = new Map<RelativePath, number>();
  for (const [row, path] of scan.paths().entries()) if (files.has(path)) rows.set(path, row);
  return rows;
}

function* rowsOf(kept: readonly number[] | "all", count: number): Generator<number> {
  if (kept !== "all") yield* kept;
  else for (let row = 0; row < count; row++) yield row;
}

/** Rows of files that are wanted although they are remembered: the pool has lost their content. */
function keptRows({ scan, walk }: Listing, wanted: readonly SourceEntry[]): ReadonlyMap<RelativePath, number> {
  const rows = new Map<RelativePath, number>();
  if (scan === undefined || wanted.every(({ path }) => walk.files.has(path))) return rows;
  const paths = scan.paths();
  for (const row of rowsOf(walk.keptFiles, scan.counts.files)) {
    const path = paths[row];
    if (path !== undefined) rows.set(path, row);
  }
  return rows;
}

function walkedFile({ root, scan, walk }: Listing, path: RelativePath, row: number | undefined): WalkedFile {
  const walked = walk.files.get(path);
  if (walked !== undefined) return walked;
  if (scan === undefined || row === undefined) throw new Error(`${path} is not in the last listing`);
  const columns = { states: scan.fileStates, at: row };
  return { path, real: below(root, path), state: stateAt(columns), columns };
}

function below(root: string, path: string): string {
  if (path === "") return root;
  return root === "/" ? `/${path}` : `${root}/${path}`;
}

/** Whether all of it is as an earlier settled run left it: so it was at the moment when the listing began, and nothing needs a second look. */
function isUnchanged({ walk, digests }: Listing): boolean {
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

/** What there is to remember of a settled listing. */
function scanOf(listing: Listing): Scan {
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
    directories.push({ path: real.slice(root.length + 1), state: trusted(columnsOf(state), real) });
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

function assertListed(listing: Listing | undefined): Listing {
  if (listing === undefined) throw new Error("a directory source is listed before anything else");
  return listing;
}
