import type { Digest } from "../../model/digest.ts";

/** What has to stand under a name of the site. Directories tell what is in them when they are asked, so that no site is ever in memory as a whole. */
export type Expected = ExpectedFile | ExpectedPage | ExpectedSymlink | ExpectedDirectory;

/** A hard link to an object of the pool, or to the record of a directory, or a copy of its bytes. */
export interface ExpectedFile {
  readonly kind: "file";
  readonly of: "object" | "record";
  readonly digest: Digest;
  /** Undefined for a record. */
  readonly sizeBytes: number | undefined;
  readonly as: "link" | "copy" | "either";
  /** Seconds; of copies that bear a time of their own. */
  readonly mtimeSeconds?: number | undefined;
}

/** A listing. Its content is undefined where any is right: pages of what is only kept for a while are not rendered again. */
export interface ExpectedPage {
  readonly kind: "page";
  readonly content: () => string | undefined;
}

export interface ExpectedSymlink {
  readonly kind: "symlink";
  readonly target: string;
}

export interface ExpectedDirectory {
  readonly kind: "directory";
  /** Undefined when the record that tells it is damaged: then nothing can be said of what is inside. */
  readonly entries: () => ReadonlyMap<string, Expected> | undefined;
  /** A symlink with this target is as good. */
  readonly orSymlink?: string | undefined;
}
