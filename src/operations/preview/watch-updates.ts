import { Failure } from "../../failure.ts";
import { probeDirectory } from "../../sources/directory-probe.ts";
import { watchSource } from "../../watch/watch-source.ts";
import type { UpdateResult } from "../update.ts";
import { repositoriesNamed } from "../workspace.ts";
import type { WorkspaceOptions } from "../workspace.ts";

export interface WatchUpdatesOptions extends WorkspaceOptions {
  /** Names of the repositories; empty means all. */
  readonly only: readonly string[];
  readonly settleSeconds: number;
  readonly intervalSeconds: number;
  /** One update of the repositories named, at least one, under the lock, which is free between runs. */
  readonly runOnce: (only: readonly string[]) => Promise<UpdateResult>;
  readonly onResult: (result: UpdateResult) => void;
  /** Told of a source that cannot be looked at and of a run that did not come to a result, the lock being taken, say. */
  readonly onError: (error: unknown) => void;
}

/**
 * The publisher: updates a repository whenever its source directory has been quiet for `settleSeconds`, from the start on, and all others now and every `intervalSeconds`. A run
 * reads only what has settled, one run at a time, one checkpoint for each time that a source settles. What failed for another reason than the source's content is tried again. Ends
 * when the signal comes; throws USAGE when there is nothing to watch.
 */
export async function watchUpdates(options: WatchUpdatesOptions): Promise<void> {
  const { config, signal, clock, settleSeconds, onError } = options;
  const repositories = repositoriesNamed(config, options.only);
  const directories = repositories.flatMap(({ name, remote }) =>
    remote?.type === "directory" ? [{ name, remote }] : [],
  );
  const others = repositories.flatMap(({ name, remote }) =>
    remote === undefined || remote.type === "directory" ? [] : [name],
  );
  if (directories.length + others.length === 0) {
    throw new Failure("USAGE", "there is nothing to watch: no repository has a remote");
  }

  let queue: Promise<unknown> = Promise.resolve();
  const enqueue = (only: readonly string[]): Promise<"done" | "again"> => {
    const next = queue.then(async () => {
      signal.throwIfAborted();
      const result = await options.runOnce(only);
      options.onResult(result);
      return isWorthAnotherTry(result) ? "again" : "done";
    });
    queue = next.catch(() => undefined);
    return next;
  };

  await Promise.all([
    ...directories.map(({ name, remote }) =>
      watchSource({
        probe: () => probeDirectory(remote, signal),
        baseline: undefined,
        settleSeconds,
        againSeconds: quietRunSeconds,
        onSettled: () => enqueue([name]),
        onError,
        signal,
      }),
    ),
    ...(others.length > 0 ? [askRegularly()] : []),
  ]);

  async function askRegularly(): Promise<void> {
    while (!signal.aborted) {
      try {
        await enqueue(others);
        await clock.sleep(options.intervalSeconds * 1000, signal);
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        await clock.sleep(options.intervalSeconds * 1000, signal).catch(() => undefined);
      }
    }
  }
}

/** A run that finds nothing new settles answers, and deletes what was pruned before. */
const quietRunSeconds = 3600;

/** Whether something failed that may be mended without a change of the source: a full disk, a web server that did not reload. */
function isWorthAnotherTry({ repositories, failure }: UpdateResult): boolean {
  return [failure, ...repositories.map((one) => one.failure)].some(
    (one) => one !== undefined && one.code !== "SOURCE_BAD_DATA" && one.code !== "SOURCE_SHRUNK",
  );
}
