import { setMaxListeners } from "node:events";
import type { RelativePath } from "../model/relative-path.ts";
import type { FetchProgress, SourceEntry, StoredContent } from "./source.ts";

/** Brings one file into the pool. `onBytes` hears how many bytes came, and a negative number when they are to be fetched again. */
export type Transfer = (
  entry: SourceEntry,
  options: { readonly signal: AbortSignal; readonly onBytes: (count: number) => void },
) => Promise<StoredContent>;

/** Brings what it easily can of many files into the pool. What `onStored` does not hear of is left to a `Transfer` each. */
export type TransferMany = (
  entries: readonly SourceEntry[],
  options: {
    readonly signal: AbortSignal;
    readonly onBytes: (count: number) => void;
    readonly onStored: (entry: SourceEntry, content: StoredContent) => void;
  },
) => Promise<void>;

/**
 * Transfers every wanted entry, at most `concurrency` at a time; entries with the same digest and size are transferred once. The first failure aborts
 * the other transfers and is thrown when they have ended, so that nothing goes on behind the caller's back.
 */
export async function transferAll(
  wanted: readonly SourceEntry[],
  {
    concurrency,
    signal,
    onProgress = () => undefined,
    transferMany,
    transfer,
  }: {
    readonly concurrency: number;
    readonly signal: AbortSignal;
    readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
    readonly transferMany?: TransferMany | undefined;
    readonly transfer: Transfer;
  },
): Promise<ReadonlyMap<RelativePath, StoredContent>> {
  const groups = groupByContent(wanted);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Every transfer listens to it; Node warns of more than ten.
  setMaxListeners(0, either);
  const failures: unknown[] = [];
  const stored = new Map<RelativePath, StoredContent>();
  let bytesDone = 0;

  function report(): void {
    onProgress({ filesDone: stored.size, filesTotal: wanted.length, bytesDone });
  }

  function onBytes(count: number): void {
    bytesDone += count;
    report();
  }

  await transferMany?.(
    groups.map((group) => membersOf(group)[0]),
    { signal, onBytes, onStored: ({ path }, content) => void stored.set(path, content) },
  );
  const queue = groups.values();

  async function work(): Promise<void> {
    for (const group of queue) {
      if (either.aborted) return;
      const members = membersOf(group);
      try {
        const content = stored.get(members[0].path) ?? (await transfer(members[0], { signal: either, onBytes }));
        for (const { path } of members) stored.set(path, content);
        report();
      } catch (error) {
        failures.push(error);
        stop.abort(error);
        return;
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, groups.length) }, work));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return stored;
}

/**
 * Of two entries that give one digest different sizes, one is wrong and must fail: they are no group. Most groups have one member, and there may be hundreds of thousands: the strings that
 * are there serve as keys, and an array is made for groups of several alone.
 */
function groupByContent(wanted: readonly SourceEntry[]): readonly Group[] {
  const groups: Group[] = [];
  const indexes = new Map<string, number>();
  for (const entry of wanted) {
    const { digest, path, sizeBytes } = entry;
    const likeIt = digest === undefined ? undefined : indexes.get(digest);
    const index =
      likeIt === undefined || sizeOf(groups[likeIt]) === sizeBytes ? likeIt : indexes.get(`${digest} ${sizeBytes}`);
    const group = index === undefined ? undefined : groups[index];
    if (index === undefined || group === undefined) {
      groups.push(entry);
      indexes.set(
        digest === undefined ? `/${path}` : likeIt === undefined ? digest : `${digest} ${sizeBytes}`,
        groups.length - 1,
      );
    } else groups[index] = "path" in group ? [group, entry] : [...group, entry];
  }
  return groups;
}

/** An entry, or several with the same content. */
type Group = SourceEntry | readonly [SourceEntry, ...SourceEntry[]];

function membersOf(group: Group): readonly [SourceEntry, ...SourceEntry[]] {
  return "path" in group ? [group] : group;
}

function sizeOf(group: Group | undefined): number | undefined {
  return group === undefined ? undefined : membersOf(group)[0].sizeBytes;
}
