import { compareNames } from "../model/compare-names.ts";
import type { Digest } from "../model/digest.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { Rewalk } from "./directory-rewalk.ts";
import type { WalkedFile } from "./directory-walk.ts";
import { isRacy, stateAt } from "./file-state.ts";
import type { KnownFiles } from "./known-files.ts";
import type { RememberedScan } from "./remembered-scan.ts";
import type { SourceEntry } from "./source.ts";
import type { openTrustedTimes } from "./trusted-times.ts";

/** What one look at a directory source found, and what reading it added. */
export interface Listing {
  /** When the listing began, in seconds since 1970. */
  readonly started: number;
  /** The mark of the source's writer when the listing began. */
  readonly ready: string;
  readonly root: string;
  readonly scan: RememberedScan | undefined;
  readonly walk: Rewalk;
  readonly trustedTimes: ReturnType<typeof openTrustedTimes>;
  /** What was read under other names. */
  readonly known: KnownFiles | undefined;
  /** Whether the clock was set since the listing began. */
  readonly hasClockStepped: () => boolean;
  /** Of what was read in this run. */
  readonly digests: Map<RelativePath, Digest>;
  /** As they were when they were read, where the walk had seen them otherwise, or not looked. */
  readonly reread: Map<RelativePath, WalkedFile>;
  settled: boolean;
}

/** A file of the listing: a row of the remembered scan, or looked at in this run. */
export interface ListedFile {
  readonly path: RelativePath;
  readonly sizeBytes: number;
  readonly digest: Digest | undefined;
  readonly row: number | undefined;
}

/** Every file of the listing, by path. */
export function filesOf({ scan, walk, started, known }: Listing): readonly ListedFile[] {
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
        digest: isKnown ? scan.digestOf(row) : isRacy(state, started) ? undefined : known?.digestOf(state),
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

export function* rowsOf(kept: readonly number[] | "all", count: number): Generator<number> {
  if (kept !== "all") yield* kept;
  else for (let row = 0; row < count; row++) yield row;
}

/** Rows of files that are wanted although they are remembered: the pool has lost their content. */
export function keptRows({ scan, walk }: Listing, wanted: readonly SourceEntry[]): ReadonlyMap<RelativePath, number> {
  const rows = new Map<RelativePath, number>();
  if (scan === undefined || wanted.every(({ path }) => walk.files.has(path))) return rows;
  const paths = scan.paths();
  for (const row of rowsOf(walk.keptFiles, scan.counts.files)) {
    const path = paths[row];
    if (path !== undefined) rows.set(path, row);
  }
  return rows;
}

export function walkedFile({ root, scan, walk }: Listing, path: RelativePath, row: number | undefined): WalkedFile {
  const walked = walk.files.get(path);
  if (walked !== undefined) return walked;
  if (scan === undefined || row === undefined) throw new Error(`${path} is not in the last listing`);
  const columns = { states: scan.fileStates, at: row };
  return { path, real: below(root, path), state: stateAt(columns), columns };
}

/** The real place of a path below the root. */
export function below(root: string, path: string): string {
  if (path === "") return root;
  return root === "/" ? `/${path}` : `${root}/${path}`;
}

/** The other way round: the path of a real place, "" for the root itself. */
export function pathOf(root: string, real: string): string {
  return real.slice(root === "/" ? 1 : root.length + 1);
}
