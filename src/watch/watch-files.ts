import { once } from "node:events";
import path from "node:path";

import { Failure } from "../failure.ts";

export interface WatchFilesOptions {
  /** Files and directories. A file is watched through its directory, because editors replace files by rename. */
  readonly paths: readonly string[];
  /** Milliseconds without an event that end a batch. */
  readonly debounceMs: number;
  /** Called with the changed paths; never twice at once. What changes meanwhile is the next batch. */
  readonly onBatch: (changed: readonly string[]) => Promise<void>;
  /** Told of what `onBatch` threw and of errors of the watcher; watching goes on. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Watches a few files and folders until the signal comes. For configuration and templates: chokidar on a package pool costs a gigabyte. */
export async function watchFiles({ paths, debounceMs, onBatch, onError, signal }: WatchFilesOptions): Promise<void> {
  if (signal.aborted) return;
  const { watch } = await import("chokidar");
  const wanted = paths.map((file) => path.resolve(file));
  const isWanted = (changed: string): boolean =>
    wanted.some((file) => changed === file || changed.startsWith(`${file}${path.sep}`));
  const watcher = watch([...new Set(wanted.flatMap((file) => [file, path.dirname(file)]))], {
    ignoreInitial: true,
    depth: 4,
    // Of a folder that is watched for one of its files, nothing else is.
    ignored: (file) => !isWanted(file) && !wanted.some((one) => one.startsWith(`${file}${path.sep}`)),
  });
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const batch = [...changed].toSorted();
    changed = new Set();
    try {
      if (batch.length > 0 && !signal.aborted) await onBatch(batch);
    } catch (error) {
      onError(error);
    }
  }

  watcher.on("all", (_event, file) => {
    if (!isWanted(file)) return;
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(flush);
    }, debounceMs);
  });
  watcher.on("error", (error) => onError(watchFailure(error)));
  await once(watcher, "ready");
  if (!signal.aborted) await once(signal, "abort");
  clearTimeout(timer);
  await watcher.close();
  await running;
}

function watchFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") return error;
  return new Failure("LOCAL_IO", "this machine has no file watches left", {
    cause: error,
    hint: "raise fs.inotify.max_user_watches",
  });
}
