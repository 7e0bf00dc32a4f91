import { setTimeout as sleep } from "node:timers/promises";

export interface WatchSourceOptions {
  /** What the source looks like now, in a few bytes; equal texts mean nothing moved. Rejects while the source cannot be read. */
  readonly probe: () => Promise<string>;
  /** What it looked like before the last run read it; undefined when that is not known, and the first settled state is told. */
  readonly baseline: string | undefined;
  /** Seconds without a difference that make a source settled. */
  readonly settleSeconds: number;
  /** Called once for each difference, after it settled; the next look comes after it ended. */
  readonly onSettled: () => Promise<void>;
  /** Told of each new reason why the source cannot be read, and of what `onSettled` threw; watching goes on. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Watches a source by looking at it, until the signal comes: as often as it takes to tell that it is settled.
 *
 * Looking beats kernel events here: a watch for each directory of a large pool costs memory and the system's limit of them, events are lost when their queue overflows, and network file
 * systems have none, while a look at 100,000 files takes a second. And only settled content is published, which only two looks can tell.
 */
export async function watchSource({
  probe,
  baseline,
  settleSeconds,
  onSettled,
  onError,
  signal,
}: WatchSourceOptions): Promise<void> {
  let published = baseline;
  let last = baseline;
  let since = performance.now();
  let complaint = "";
  while (!signal.aborted) {
    const started = performance.now();
    let looked = started;
    try {
      const seen = await probe();
      looked = performance.now();
      complaint = "";
      if (seen !== last) {
        last = seen;
        since = performance.now();
      }
      if (seen !== published && performance.now() - since >= settleSeconds * 1000) {
        published = seen;
        await onSettled();
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== complaint) onError(error);
      complaint = text;
    }
    // A tenth of the time at most is spent on looking, however large the source.
    await pauseFor(Math.max(250, (settleSeconds * 1000) / 4, (looked - started) * 9), signal);
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
