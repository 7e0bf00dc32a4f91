import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { fetchFiles } from "./directory-fetch.ts";
import type { FilesToFetch } from "./directory-fetch.ts";
import { filesOf, keptRows, walkedFile } from "./directory-listing.ts";
import type { Listing } from "./directory-listing.ts";
import { describe, scanOf } from "./directory-memory.ts";
import { readyMark } from "./directory-ready.ts";
import { isRacy } from "./file-state.ts";
import type { KnownFiles } from "./known-files.ts";
import { rewalkDirectory } from "./directory-rewalk.ts";
import { isSettled, isUnchanged } from "./directory-settled.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import { troubleFailure } from "./directory-trouble.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { recall, rememberScan } from "./remembered-scan.ts";
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
 * With `known`, what was read under another name, here or in a directory before, is not read again.
 *
 * `now` is in seconds since 1970, by the clock that stamps the files; fractions are welcome.
 */
export function openDirectory(
  remote: DirectoryRemote,
  { cache, now, known }: { readonly cache: SourceCache; readonly now: () => number; readonly known?: KnownFiles },
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
        known,
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
      const stored = new Map<RelativePath, StoredContent>();
      const onFetched = (file: WalkedFile, content: StoredContent): void => {
        current.digests.set(file.path, content.digest);
        if (walk.files.get(file.path) !== file) current.reread.set(file.path, file);
        stored.set(file.path, content);
        if (known !== undefined && canBeKnown(current, file)) known.remember(file.state, content.digest);
      };
      for (let rest = wanted; rest.length > 0;) {
        const { first, again } = namesOfFiles(current, rest, rows);
        const files: FilesToFetch = {
          count: first.length,
          *[Symbol.iterator]() {
            for (const { path } of first) yield walkedFile(current, path, rows.get(path));
          },
        };
        await fetchFiles(files, sink, { signal, now, onProgress, onFetched });
        // Another name of a file that changed meanwhile is read by itself.
        rest = again.filter(({ path }) => {
          const { state } = walkedFile(current, path, rows.get(path));
          const digest = known?.digestOf(state);
          if (digest === undefined) return true;
          current.digests.set(path, digest);
          stored.set(path, { digest, sizeBytes: state.sizeBytes });
          return false;
        });
      }
      return stored;
    },

    async confirm(signal) {
      const current = assertListed(listing);
      signal.throwIfAborted();
      // A writer that took its mark away, or made it anew, has begun again.
      if (current.walk.hasChanged || readyMark(remote) !== current.ready) return "moved";
      const isStill = await isSettled(remote, current, signal);
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

function assertListed(listing: Listing | undefined): Listing {
  if (listing === undefined) throw new Error("a directory source is listed before anything else");
  return listing;
}

/** Whether it would have another state if anything had been written to it since it was looked at. */
function canBeKnown({ started, trustedTimes }: Listing, { state, columns, real }: WalkedFile): boolean {
  return !isRacy(state, started) && trustedTimes(columns, real) !== "nothing";
}

/** Of the files that are wanted each one once, and further names of them. */
function namesOfFiles(
  listing: Listing,
  wanted: readonly SourceEntry[],
  rows: ReadonlyMap<RelativePath, number>,
): { readonly first: readonly SourceEntry[]; readonly again: readonly SourceEntry[] } {
  if (listing.known === undefined) return { first: wanted, again: [] };
  const seen = new Set<string>();
  const again: SourceEntry[] = [];
  const first = wanted.filter((entry) => {
    const file = walkedFile(listing, entry.path, rows.get(entry.path));
    const isNew = !seen.has(file.state.key) || !canBeKnown(listing, file);
    seen.add(file.state.key);
    if (!isNew) again.push(entry);
    return isNew;
  });
  return { first, again };
}
