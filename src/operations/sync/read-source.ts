import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { Entry } from "../../model/entry.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import type { Source, SourceEntry, SourceListing, StoredContent } from "../../sources/source.ts";
import { checkRoom } from "../../store/room.ts";
import type { Transaction } from "../../store/transaction.ts";
import { contentSink } from "./content-sink.ts";
import type { Workspace } from "../workspace.ts";

/** One state of a source, whole: what it listed, and the bytes that the pool lacked. */
export interface SourceRead {
  /** Seconds since 1970 at which reading it began. */
  readonly began: number;
  readonly listing: SourceListing;
  readonly stored: ReadonlyMap<RelativePath, StoredContent>;
  /** Whether the source knows that it has the very entries that became `known.tag`. */
  readonly isSame: boolean;
}

/** What the repository has already. */
export interface KnownContent {
  /** Under which the source was told to remember the latest version. */
  readonly tag: string | undefined;
  /** The entries of that version. Of an unchanged source nobody asks for them. */
  entries(): readonly Entry[];
}

/**
 * How often a source that moves while it is read is begun with, by kind: a directory may well be written by many hands, while a manifest that flips twice within one
 * sync flips all the time.
 */
const rounds = { directory: 3, file: 2, pulp: 2 } as const;

/**
 * Reads the source until it holds still: all files are of one listing, or the failure is SOURCE_MOVED. What came whole meanwhile stays in the pool, for the next round or run.
 * Throws a SourceNotReady when the source says so at the beginning of any round.
 */
export async function readSource(
  workspace: Workspace,
  repository: RepositorySettings,
  source: Source,
  transaction: Transaction,
  known: KnownContent,
): Promise<SourceRead> {
  const { signal, onProgress, store } = workspace;
  const gone = store.takenDown();
  const last = rounds[repository.remote?.type ?? "directory"];
  for (let round = 1; round <= last; round++) {
    const began = workspace.clock.now();
    const listing = await source.list(signal);
    const isSame = listing.sameAs !== undefined && listing.sameAs === known.tag;
    const wanted: SourceEntry[] = [];
    if (!isSame) {
      for (const [earlier, entry] of pairByPath(known.entries(), listing.entries)) {
        if (entry !== undefined && !isStored(entry, earlier)) wanted.push(entry);
      }
    }
    const stored = await fetchUnlessMoved(wanted, round === last);
    if (stored !== undefined && (await source.confirm(signal)) === "settled") {
      return { began, listing, stored, isSame };
    }
    if (round === last) break;
    onProgress({ kind: "note", text: `${repository.name}: the source changed while it was read; reading it again` });
  }
  throw new Failure("SOURCE_MOVED", `the source of ${repository.name} changed while it was read, ${last} times`, {
    hint: "run asof when the source is quiet",
  });

  /** What the version before has under the same path needs no look at the pool. A size that does not fit the digest is fetched, and refused then. */
  function isStored(entry: SourceEntry, earlier: Entry | undefined): boolean {
    if (entry.digest === undefined) return false;
    if (gone.has(entry.digest)) return true;
    const isKnown =
      entry.digest === earlier?.digest && (entry.sizeBytes === undefined || entry.sizeBytes === earlier.sizeBytes);
    return isKnown || transaction.has(entry.digest, entry.sizeBytes);
  }

  /** Undefined when the source moved and there is another round. */
  async function fetchUnlessMoved(
    wanted: readonly SourceEntry[],
    isLast: boolean,
  ): Promise<ReadonlyMap<RelativePath, StoredContent> | undefined> {
    try {
      return await fetchOrKeep(workspace, repository.name, source, wanted, transaction);
    } catch (error) {
      if (isLast || !(error instanceof Failure) || error.code !== "SOURCE_MOVED") throw error;
      return undefined;
    }
  }
}

/** Fetches; when that fails, what came whole and verified until then stays in the pool, so that it need not be fetched again. */
async function fetchOrKeep(
  { signal, onProgress, store }: Workspace,
  name: string,
  source: Source,
  wanted: readonly SourceEntry[],
  transaction: Transaction,
): Promise<ReadonlyMap<RelativePath, StoredContent>> {
  checkRoom(store.layout.root, { bytes: sumOf(wanted), files: wanted.length });
  try {
    return await source.fetch(wanted, contentSink(transaction), {
      signal,
      onProgress: (progress) => onProgress({ kind: "transfer", repository: name, ...progress }),
    });
  } catch (error) {
    try {
      await transaction.seal();
    } catch {
      // The first failure is the one to tell; what could not be kept is fetched again.
      onProgress({ kind: "note", text: `${name}: what was fetched could not be kept` });
    }
    throw error;
  }
}

/** Bytes to come, as far as they are announced. The same content under several paths is fetched several times, and lies in the transaction as often. */
function sumOf(entries: readonly SourceEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.sizeBytes ?? 0), 0);
}
