import { hasErrorCode } from "../../error-code.ts";
import { waitForLock } from "../../store/lock.ts";
import type { Lock } from "../../store/lock.ts";
import { stateLayout } from "../../store/state-layout.ts";
import { asLocalFailure } from "../local-failure.ts";
import { openWorkspace } from "../workspace.ts";
import type { Workspace, WorkspaceOptions } from "../workspace.ts";

type ReaderOptions = WorkspaceOptions & { readonly purpose: string; readonly waitSeconds: number };

/** Runs `work` while no writer is at work: readers share the lock. Where nothing may be written, no lock can be taken: that is told, and `work` runs without. Throws LOCKED as `withWriter` does. */
export async function withReader<Result>(
  options: ReaderOptions,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  // Refuses what is no state before anything is made in it.
  openWorkspace(options);
  let lock: Lock | undefined;
  try {
    lock = await lockIfPossible(options);
    // What the lock waited for may have changed everything.
    return await work(openWorkspace(options));
  } catch (error) {
    throw asLocalFailure(error);
  } finally {
    lock?.release();
  }
}

/** A file system that is read-only, and a state that is another user's. */
async function lockIfPossible({
  config,
  clock,
  signal,
  purpose,
  waitSeconds,
  onProgress,
}: ReaderOptions): Promise<Lock | undefined> {
  const file = stateLayout(config.stateDir).lock;
  try {
    return await waitForLock(file, { purpose, waitSeconds, signal, clock, kind: "shared" });
  } catch (error) {
    if (!hasErrorCode(error, "EROFS", "EACCES", "EPERM")) throw error;
    const text = `${file} may not be written (${error.code}): this runs without the lock, and what another run writes meanwhile may look like damage`;
    onProgress?.({ kind: "warning", text });
    return undefined;
  }
}
