import type { RelativePath } from "./relative-path.ts";

/** Where a repository's content comes from, with every default filled in. */
export type Remote = ContentRemote | PulpRemote;

/** A remote that has one state, now: asof decides when it becomes a checkpoint. */
export type ContentRemote = FileRemote | DirectoryRemote;

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

/** The checkpoints of a Pulp server's checkpoint distribution, each under Pulp's own second. Paths are absolute. */
export interface PulpRemote {
  readonly type: "pulp";
  /** Where the content app serves the distribution; ends in a slash. */
  readonly url: string;
  /** The root of the API, ending in a slash; undefined where the content app alone is to be asked. */
  readonly api: string | undefined;
  /** The distribution's name in the API; undefined: found by its URL. */
  readonly distribution: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  /** Further headers, a token say. */
  readonly headersFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Whether a checkpoint that Pulp no longer has is pruned here, too. */
  readonly followRetention: boolean;
}
