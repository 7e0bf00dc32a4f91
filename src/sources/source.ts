import type { Digest } from "../model/digest.ts";
import type { RelativePath } from "../model/relative-path.ts";

/**
 * Where content comes from. One sync is: `list`, then `fetch` of every listed entry whose bytes the pool lacks, then `confirm`.
 * Every failure is a `Failure` with a SOURCE_ code that names the thing and the reason; nothing partial is ever returned.
 */
export interface Source {
  /** What the source offers now. Entries are sorted by `compareNames`, no path twice, no path that is both file and directory. Throws a SourceNotReady when the source says so. */
  list(signal: AbortSignal): Promise<SourceListing>;

  /**
   * Puts the bytes of `wanted` (entries of the last listing) into the pool and says what they are. A file with a stated digest or size that does not
   * match, or that changed while it was read, never enters: it is tried again and then fails the whole call.
   */
  fetch(
    wanted: readonly SourceEntry[],
    sink: ContentSink,
    options: { readonly signal: AbortSignal; readonly onProgress?: (progress: FetchProgress) => void },
  ): Promise<ReadonlyMap<RelativePath, StoredContent>>;

  /**
   * Asked after everything was fetched: whether the source still is what `list` saw. `moved` makes the caller list again. A source that cannot move between
   * the two (a manifest names digests) says `settled`.
   */
  confirm(signal: AbortSignal): Promise<"settled" | "moved">;

  /**
   * Called when what was settled is committed: remembers it for the next run, under a tag by which the caller knows what became of it. A listing that finds the very same gives the tag back.
   */
  remember(tag: string): Promise<void>;
}

export interface SourceListing {
  readonly entries: readonly SourceEntry[];
  /** The upstream manifest, byte for byte, when it is to be published as it is (`mode: mirror`). */
  readonly manifest: Uint8Array | undefined;
  /** What it is called there, where that is not for us to choose. */
  readonly manifestName?: string | undefined;
  /** The source's own clock in seconds since 1970, where it states one (`Date` plus `Age`: a cache keeps the `Date` of the first answer). */
  readonly serverSeconds: number | undefined;
  /** The tag under which exactly these entries were remembered, where the source knows that nothing changed since; nobody needs to look at `entries` then. */
  readonly sameAs?: string | undefined;
}

export interface SourceEntry {
  readonly path: RelativePath;
  /** Known without reading the file: stated by a manifest, or remembered for an unchanged file. */
  readonly digest: Digest | undefined;
  readonly sizeBytes: number | undefined;
}

export interface FetchProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
}

export interface StoredContent {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Where a source puts bytes. */
export interface ContentSink {
  /**
   * Puts `content` into the pool, streaming what does not come at once, and hashing what is written. Rejects with a `ContentMismatch`, leaving nothing, when more than `expected.sizeBytes` bytes come, fewer
   * come, or the digest differs; rejects with the stream's own error otherwise.
   */
  put(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    expected?: { readonly digest?: Digest | undefined; readonly sizeBytes?: number | undefined },
  ): Promise<StoredContent>;
  /**
   * Where a source may write a file by itself, hashing it, in a thread say: of mode 0444, its modification time the second of now. As `folder/ab/<digest>`, which may be there already, begun by another thread; or under the
   * new name `file`.
   */
  place(): { readonly folder: string; readonly file: string };
  /** Takes in what was written under one of these names. `from` is device and inode of where it came from, as in `FileState.key`: answers "itself" when that is the very file which the pool has of this content. */
  take(file: string, content: StoredContent, from: string): "taken" | "itself";
}

/** Bytes that are not what they were announced to be. */
export class ContentMismatch extends Error {
  override readonly name = "ContentMismatch";
}

/** The source says of itself that it is not to be read now. No failure: the next run asks again. The message is the reason. */
export class SourceNotReady extends Error {
  override readonly name = "SourceNotReady";
}

/** A small file that a source may keep between runs; losing it costs time, never correctness. */
export interface SourceCache {
  read(): Promise<Buffer | undefined>;
  write(content: Buffer | string): Promise<void>;
}
