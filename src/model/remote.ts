import type { RelativePath } from "./relative-path.ts";

/** Where a repository's content comes from, with every default filled in. */
export type Remote = FileRemote | DirectoryRemote;

/** A `PULP_MANIFEST` and the files beside it. */
export interface FileRemote {
  readonly type: "file";
  /** `http:`, `https:` or `file:` URL of the manifest itself. */
  readonly url: string;
  /** `additive` keeps files that left the manifest, `mirror` drops them and keeps the upstream manifest byte for byte. */
  readonly mode: "additive" | "mirror";
}

export interface DirectoryRemote {
  readonly type: "directory";
  /** Absolute path. */
  readonly path: string;
  /** Glob patterns relative to the directory. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** `refuse` stops at the first symlink, `skip` leaves links out, `follow-inside` takes what links to files and directories inside the source show. */
  readonly symlinks: "refuse" | "skip" | "follow-inside";
  /** A file below the directory, itself no content, without which nothing is read; undefined reads always. */
  readonly ready?: RelativePath | undefined;
}
