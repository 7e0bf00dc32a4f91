import type { ChangedPath } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";

/** What a plain distribution serves beyond its newest publication's own tree. Kept in the state, as JSON. */
export interface PlainState {
  /** Counts the states that were served. */
  readonly serial: number;
  readonly publication: number;
  readonly root: Digest;
  /** Paths served under another modification time (seconds) than their pool object has. */
  readonly touched: readonly (readonly [path: string, mtimeSeconds: number])[];
  /** Paths that a newer publication dropped, still served, unlisted, until the given second. */
  readonly dropped: readonly DroppedPath[];
}

export interface DroppedPath {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly until: number;
}

export interface ServedFile {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/**
 * The next state of a plain distribution. Servers make validators of size and modification time, so a path that gets new bytes gets a later second than it was ever seen
 * with since it came: where the pool object's own second is not later, the path gets a copy.
 *
 * `fileAt` answers what the old and the new publication hold under a path (their generated manifest included); `storedAt` is the second at which an object
 * was first stored.
 */
export function nextPlainState(options: {
  readonly previous: PlainState | undefined;
  readonly publication: number;
  readonly root: Digest;
  readonly changes: readonly ChangedPath[];
  readonly before: (path: string) => ServedFile | undefined;
  readonly after: (path: string) => ServedFile | undefined;
  readonly isDirectoryAfter: (path: string) => boolean;
  readonly storedAt: (digest: Digest) => number;
  readonly now: number;
  readonly graceSeconds: number;
  /** Content that has no grace: its dropped paths go at once. */
  readonly isWithdrawn: (digest: Digest) => boolean;
}): PlainState {
  const { previous, before, after, storedAt } = options;
  const now = Math.floor(options.now);
  const touched = new Map(previous?.touched);
  const dropped = new Map((previous?.dropped ?? []).map((gone) => [gone.path, gone]));

  for (const change of previous === undefined ? [] : options.changes) {
    const { path } = change;
    const old = before(path);
    const fresh = after(path);
    const seen = old === undefined ? dropped.get(path)?.mtimeSeconds : (touched.get(path) ?? storedAt(old.digest));
    if (fresh === undefined) {
      if (old === undefined || seen === undefined) continue;
      touched.delete(path);
      const { digest, sizeBytes } = old;
      dropped.set(path, { path, digest, sizeBytes, mtimeSeconds: seen, until: now + options.graceSeconds });
      continue;
    }
    const sameBytes = old === undefined && dropped.get(path)?.digest === fresh.digest;
    dropped.delete(path);
    const stored = storedAt(fresh.digest);
    if (seen === undefined || (sameBytes ? stored === seen : stored > seen)) touched.delete(path);
    else touched.set(path, sameBytes ? seen : Math.max(now, seen + 1));
  }
  return {
    serial: (previous?.serial ?? 0) + 1,
    publication: options.publication,
    root: options.root,
    touched: [...touched].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    dropped: [...dropped.values()].filter(
      (gone) => gone.until > now && !options.isWithdrawn(gone.digest) && !isInTheWay(gone.path, options),
    ),
  };
}

/** Whether a path that the publication does not hold is the generated page of one of its directories. */
export function isListingPage(path: string, isDirectoryAfter: (path: string) => boolean): boolean {
  return (
    path === "index.html" || (path.endsWith("/index.html") && isDirectoryAfter(path.slice(0, -"/index.html".length)))
  );
}

/** A dropped file cannot stay where the new publication has a directory or a listing page, nor below one of its files. */
function isInTheWay(
  path: string,
  { after, isDirectoryAfter }: { after: (path: string) => unknown; isDirectoryAfter: (path: string) => boolean },
): boolean {
  if (isDirectoryAfter(path) || isListingPage(path, isDirectoryAfter)) return true;
  const segments = path.split("/");
  return segments.some((_, index) => index > 0 && after(segments.slice(0, index).join("/")) !== undefined);
}
