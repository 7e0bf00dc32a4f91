/** What a version's tree looks like to package managers: which of them can read it, and where. Directories are paths inside the repository, "" for its root. */
export interface RepositoryKind {
  readonly apt: readonly AptSuite[];
  /** Directories that hold `repodata/repomd.xml`. */
  readonly rpm: readonly string[];
  readonly pacman: readonly PacmanDatabase[];
  /** Directories of simple indexes, the word `simple` included. */
  readonly python: readonly string[];
  /** Directories that npm can take for a registry. */
  readonly npm: readonly string[];
  /** Whether everything that was worth a look got one; a tree of very many directories is searched in part. */
  readonly complete: boolean;
}

/** One suite of a Debian archive. A flat repository, without `dists/`, is the suite `/` with no components, as apt writes it. */
export interface AptSuite {
  /** The directory that holds `dists/`, or the flat repository. */
  readonly directory: string;
  readonly name: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Whether its Release file has a `Valid-Until`: past that second apt refuses it. */
  readonly expires: boolean;
  /** Whether apt takes the past of this suite from another server, whatever it is told about ours. */
  readonly snapshotsElsewhere: boolean;
}

export interface PacmanDatabase {
  readonly directory: string;
  /** The repository's name in `pacman.conf`: its database is `<name>.db`. */
  readonly name: string;
}
