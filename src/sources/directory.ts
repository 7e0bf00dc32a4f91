import { lstatSync } from "node:fs";

import type { Digest } from "../model/digest.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { fetchFiles } from "./directory-fetch.ts";
import { readyMark } from "./directory-ready.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import { troubleFailure } from "./directory-trouble.ts";
import { regularFileState, walkDirectory } from "./directory-walk.ts";
import type { Walk, WalkedFile } from "./directory-walk.ts";
import { SourceNotReady } from "./source.ts";
import type { Source, SourceCache, StoredContent } from "./source.ts";
import { fileState, isRacy, readStatCache } from "./stat-cache.ts";
import type { CachedFile, FileState, StatCache } from "./stat-cache.ts";

/**
 * A directory of this machine as a source: every regular file below it that the remote's patterns select, under its path from there.
 *
 * Nothing is opened that is not a regular file, and nothing outside the directory. Failures: SOURCE_UNREACHABLE no such directory, or a fault of the disk;
 * SOURCE_REFUSED no permission; SOURCE_BAD_DATA symbolic links against the policy, FIFOs, sockets, devices, names that are no `RelativePath`; SOURCE_MOVED a file
 * kept changing while it was read; CONFIG an impossible pattern.
 *
 * A file whose device, inode, size, mtime and ctime are those of an earlier settled run has its digest from `cache` and need not be fetched.
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
      const ready = readyMark(remote);
      if (ready === "absent") {
        // A source that is missing altogether is a failure, mark or not.
        openDirectoryTree(remote);
        throw new SourceNotReady(`${remote.ready} is not there`);
      }
      const statCache = await readStatCache(cache);
      const { files, troubles, directories, hasChanged } = await walkDirectory(remote, signal);
      if (troubles.length > 0) throw troubleFailure(remote.path, troubles);
      const digests = knownDigests(files.values(), statCache, started);
      listing = {
        started,
        statCache,
        directories,
        files: new Map(files),
        digests,
        ready,
        hasFetched: false,
        hasChanged,
      };
      const entries = [...files.values()].map(({ path, state }) => ({
        path,
        digest: digests.get(path),
        sizeBytes: state.sizeBytes,
      }));
      return { entries, manifest: undefined, serverSeconds: undefined };
    },

    async fetch(wanted, sink, { signal, onProgress }) {
      const current = assertListed(listing);
      const { files, digests } = current;
      const walked = wanted.map(({ path }) => assertKnown(files.get(path), path));
      current.hasFetched ||= walked.length > 0;
      const stored = new Map<RelativePath, StoredContent>();
      for (const { file, content } of await fetchFiles(walked, sink, { signal, now, onProgress })) {
        files.set(file.path, file);
        digests.set(file.path, content.digest);
        stored.set(file.path, content);
      }
      return stored;
    },

    async confirm(signal) {
      const current = assertListed(listing);
      // A writer that took its mark away, or made it anew, has begun again.
      if (current.hasChanged || readyMark(remote) !== current.ready) return "moved";
      const isStill = areDirectoriesStill(current, signal)
        ? areFilesStill(current, signal)
        : showsTheSame(current, await walkDirectory(remote, signal));
      if (!isStill) return "moved";
      await current.statCache.save(rememberedFiles(current));
      return "settled";
    },
  };
}

interface Listing {
  /** When the listing began, in seconds since 1970. */
  readonly started: number;
  readonly statCache: StatCache;
  readonly directories: ReadonlyMap<string, FileState>;
  /** Sorted by path; a file that had to be read again stands here as it was then. */
  readonly files: Map<RelativePath, WalkedFile>;
  readonly digests: Map<RelativePath, Digest>;
  /** The mark of the source's writer when the listing began. */
  readonly ready: string;
  readonly hasChanged: boolean;
  hasFetched: boolean;
}

function knownDigests(files: Iterable<WalkedFile>, cache: StatCache, started: number): Map<RelativePath, Digest> {
  const digests = new Map<RelativePath, Digest>();
  for (const { path, state } of files) {
    const digest = isRacy(state, started) ? undefined : cache.digestOf(path, state);
    if (digest !== undefined) digests.set(path, digest);
  }
  return digests;
}

function areDirectoriesStill({ directories }: Listing, signal: AbortSignal): boolean {
  for (const [real, state] of directories) {
    signal.throwIfAborted();
    if (directoryState(real)?.key !== state.key) return false;
  }
  return true;
}

/**
 * Whether files are as they were when they were read: then there was a moment at which all of them were so. When nothing was fetched they need no second look: at the first, each
 * was as the last settled run had left it, so all were at the moment when the listing began.
 */
function areFilesStill({ files, hasFetched }: Listing, signal: AbortSignal): boolean {
  if (!hasFetched) return true;
  for (const { real, state } of files.values()) {
    signal.throwIfAborted();
    if (regularFileState(real)?.key !== state.key) return false;
  }
  return true;
}

/** A directory also changes when something comes or goes that the patterns leave out, the temporary files of a writer say. */
function showsTheSame({ files }: Listing, again: Walk): boolean {
  if (again.hasChanged || again.troubles.length > 0 || again.files.size !== files.size) return false;
  for (const [path, { real, state }] of files) {
    const now = again.files.get(path);
    if (now?.real !== real || now.state.key !== state.key) return false;
  }
  return true;
}

function* rememberedFiles({ files, digests, started }: Listing): Generator<CachedFile> {
  for (const { path, state } of files.values()) {
    const digest = digests.get(path);
    if (digest !== undefined && !isRacy(state, started)) yield { path, state, digest };
  }
}

function directoryState(real: string): FileState | undefined {
  try {
    return fileState(lstatSync(real, { bigint: true }));
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, real);
  }
}

function assertListed(listing: Listing | undefined): Listing {
  if (listing === undefined) throw new Error("a directory source is listed before anything else");
  return listing;
}

function assertKnown(file: WalkedFile | undefined, path: RelativePath): WalkedFile {
  if (file === undefined) throw new Error(`${path} is not in the last listing`);
  return file;
}
