import { setMaxListeners } from "node:events";
import type { RelativePath } from "../model/relative-path.ts";
import type { FetchProgress, SourceEntry, StoredContent } from "./source.ts";

/** Brings one file into the pool. `onBytes` hears how many bytes came, and a negative number when they are to be fetched again. */
export type Transfer = (
  entry: SourceEntry,
  options: { readonly signal: AbortSignal; readonly onBytes: (count: number) => void },
) => Promise<StoredContent>;

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
    transfer,
  }: {
    readonly concurrency: number;
    readonly signal: AbortSignal;
    readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
    readonly transfer: Transfer;
  },
): Promise<ReadonlyMap<RelativePath, StoredContent>> {
  const groups = groupByContent(wanted);
  const queue = groups.values();
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

  async function work(): Promise<void> {
    for (const [first, ...others] of queue) {
      if (either.aborted) return;
      try {
        const content = await transfer(first, { signal: either, onBytes });
        for (const { path } of [first, ...others]) stored.set(path, content);
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

/** A size is part of the key: of two entries that give one digest different sizes, one is wrong and must fail. */
function groupByContent(wanted: readonly SourceEntry[]): readonly (readonly [SourceEntry, ...SourceEntry[]])[] {
  const groups = new Map<string, [SourceEntry, ...SourceEntry[]]>();
  for (const entry of wanted) {
    const key = `${entry.digest ?? `/${entry.path}`} ${entry.sizeBytes}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
