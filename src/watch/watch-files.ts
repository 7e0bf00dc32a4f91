import { once } from "node:events";
import path from "node:path";

import type { FSWatcher } from "chokidar";

import { asWatchFailure } from "./watch-failure.ts";

export interface WatchFilesOptions {
  /** Files and folders, which may be missing. Each is watched through the folder that it is in, because editors replace files by rename and people replace folders. */
  readonly paths: readonly string[];
  /** Milliseconds without an event that end a batch. */
  readonly debounceMs: number;
  /** Called with the changed absolute paths, sorted; never twice at once. What changes meanwhile is the next batch. */
  readonly onBatch: (changed: readonly string[]) => Promise<void>;
  /** Told of what `onBatch` threw and of errors of the watcher; watching goes on. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  /** Called once every path is watched: changes from then on are seen. */
  readonly onReady?: (() => void) | undefined;
  /** Paths that change nothing; swap files of editors, say. */
  readonly ignored?: ((file: string) => boolean) | undefined;
}

/**
 * Watches a few files and folders until the signal comes, and ends when the last batch has. For configuration and templates: chokidar on 20,000 files costs 260 MB (measured).
 */
export async function watchFiles(options: WatchFilesOptions): Promise<void> {
  const { signal, onError } = options;
  if (signal.aborted) return;
  const { watch } = await import("chokidar");
  const wanted = options.paths.map((file) => path.resolve(file));
  const isWanted = (file: string): boolean =>
    wanted.some((one) => isAtOrBelow(file, one)) && options.ignored?.(file) !== true;
  const batches = collectBatches(options);
  const watcher = watch([...new Set(wanted.map((file) => path.dirname(file)))], {
    ignoreInitial: true,
    // Of a folder that is watched for what is in it, nothing else is looked at.
    ignored: (file) => !isWanted(file) && !wanted.some((one) => isAtOrBelow(one, file)),
  });
  watcher.on("all", (_event, file) => {
    if (isWanted(file)) batches.add(file);
  });
  watcher.on("error", (error) => onError(asWatchFailure(error)));
  try {
    await readyOrAborted(watcher, signal);
    if (!signal.aborted) {
      options.onReady?.();
      await once(signal, "abort");
    }
  } finally {
    await watcher.close();
    await batches.end();
  }
}

/** Gathers paths until they have been quiet for `debounceMs`, and hands them on, one batch after the other. */
function collectBatches({ debounceMs, onBatch, onError, signal }: WatchFilesOptions): {
  add(file: string): void;
  end(): Promise<void>;
} {
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const batch = [...changed].toSorted();
    changed = new Set();
    if (batch.length === 0 || signal.aborted) return;
    try {
      await onBatch(batch);
    } catch (error) {
      onError(error);
    }
  }

  return {
    add(file) {
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(() => {
        running = running.then(flush);
      }, debounceMs);
    },
    async end() {
      clearTimeout(timer);
      await running;
    },
  };
}

/** `events.once` would reject at the first error, and a folder that cannot be read must not end the watch of the others. */
function readyOrAborted(watcher: FSWatcher, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    watcher.once("ready", () => resolve());
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function isAtOrBelow(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}
