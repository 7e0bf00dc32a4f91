import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { Entry } from "../../model/entry.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import { markChanged } from "../../model/plan-trees.ts";
import type { DirectoryRemote } from "../../model/remote.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { openDirectory } from "../../sources/directory.ts";
import { openKnownFiles } from "../../sources/known-files.ts";
import type { KnownFiles } from "../../sources/known-files.ts";
import type { SourceCache } from "../../sources/source.ts";
import type { Transaction } from "../../store/transaction.ts";
import { readSource } from "../sync/read-source.ts";
import type { SourceRead } from "../sync/read-source.ts";
import type { Workspace } from "../workspace.ts";
import type { PlannedDirectory } from "./plan-import.ts";

/** The files of a directory, and what of them is not as it was in the version before. */
export interface DirectoryContent {
  readonly entries: readonly Entry[];
  readonly changed: ReadonlySet<string>;
}

/** Reads one directory after the other. What directories of one shelf share by hard links is read once. */
export interface ShelfReader {
  /** Puts what the pool lacks into the transaction. `before` are the entries of the version before, by which files are dated. Throws SOURCE_MOVED for a directory at which somebody works. */
  read(directory: PlannedDirectory, before: readonly Entry[], transaction: Transaction): Promise<DirectoryContent>;
}

export function openShelfReader(
  workspace: Workspace,
  repository: RepositorySettings,
  symlinks: DirectoryRemote["symlinks"],
): ShelfReader {
  const known = new Map<string, KnownFiles>();

  function knownOf(shelf: string): KnownFiles {
    const there = known.get(shelf) ?? openKnownFiles();
    known.set(shelf, there);
    there.next();
    return there;
  }

  return {
    async read({ path, label, shelf, at }, before, transaction) {
      const source = openDirectory(
        { type: "directory", path, include: ["**"], exclude: [], symlinks },
        { cache: noCache, now: () => workspace.clock.now(), known: knownOf(shelf) },
      );
      try {
        const whole = await readSource(workspace, repository, source, transaction, {
          tag: undefined,
          entries: () => before,
        });
        return contentOf(whole, before, at, workspace.store.takenDown());
      } catch (cause) {
        if (!(cause instanceof Failure) || cause.code !== "SOURCE_MOVED") throw cause;
        throw new Failure("SOURCE_MOVED", `${label} changed while it was read`, {
          cause,
          hint: "import a shelf at rest",
        });
      }
    },
  };
}

/** Whoever imports reads each directory once. */
const noCache: SourceCache = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };

function contentOf(
  { listing, stored }: SourceRead,
  before: readonly Entry[],
  at: Timestamp,
  gone: ReadonlySet<string>,
): DirectoryContent {
  const entries: Entry[] = [];
  const changed = new Set<string>();
  for (const [earlier, listed] of pairByPath(before, listing.entries)) {
    const { digest, sizeBytes } = (listed && stored.get(listed.path)) ?? listed ?? {};
    const isThere = listed !== undefined && (digest === undefined || !gone.has(digest));
    if (isThere && digest !== undefined && digest === earlier?.digest) {
      entries.push(earlier);
      continue;
    }
    const path = listed?.path ?? earlier?.path;
    if (path === undefined) continue;
    if (isThere || earlier !== undefined) markChanged(changed, path);
    if (!isThere) continue;
    if (digest === undefined || sizeBytes === undefined) throw new Error(`${path} was neither known nor read`);
    entries.push({ path, digest, sizeBytes, added: at });
  }
  return { entries, changed };
}
