import type { DirectoryRemote } from "../model/remote.ts";
import { probeDirectory } from "../sources/directory-probe.ts";
import { watchSource } from "../watch/watch-source.ts";
import type { UpdateResult } from "./update.ts";
import type { WorkspaceOptions } from "./workspace.ts";

export interface WatchUpdatesOptions extends WorkspaceOptions {
  /** Names of the repositories; empty means all. */
  readonly only: readonly string[];
  readonly settleSeconds: number;
  readonly intervalSeconds: number;
  /** One update under the lock, which is free between runs. */
  readonly runOnce: () => Promise<UpdateResult>;
  readonly onResult: (result: UpdateResult) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * The publisher: updates now, and again whenever a source directory has changed and settled; sources that cannot be looked at are asked every `intervalSeconds`. One run at a
 * time, and one checkpoint for each time that things settle. Ends when the signal comes.
 */
export async function watchUpdates(options: WatchUpdatesOptions): Promise<void> {
  const { config, signal, clock, onError } = options;
  const repositories = config.repositories.filter(
    ({ name }) => options.only.length === 0 || options.only.includes(name),
  );
  const directories = repositories.flatMap(({ remote }) => (remote?.type === "directory" ? [remote] : []));
  const hasOthers = repositories.some(({ remote }) => remote !== undefined && remote.type !== "directory");

  let queue: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    if (!signal.aborted) options.onResult(await options.runOnce());
  };
  const enqueue = (): Promise<void> => {
    const next = queue.then(run);
    queue = next.catch(() => undefined);
    return next;
  };

  const watched = await Promise.all(
    directories.map(async (remote) => ({ remote, baseline: await lookNow(remote, signal) })),
  );
  await enqueue().catch(onError);
  await Promise.all([
    ...watched.map(({ remote, baseline }) =>
      watchSource({
        probe: () => probeDirectory(remote, signal),
        baseline,
        settleSeconds: options.settleSeconds,
        onSettled: enqueue,
        onError,
        signal,
      }),
    ),
    ...(hasOthers ? [askRegularly()] : []),
  ]);

  async function askRegularly(): Promise<void> {
    while (!signal.aborted) {
      try {
        await clock.sleep(options.intervalSeconds * 1000, signal);
        await enqueue();
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
    }
  }
}

/** Undefined when it cannot be read now: then its first settled state is published. */
async function lookNow(remote: DirectoryRemote, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await probeDirectory(remote, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
