import { waitForLock } from "../../store/lock.ts";
import { stateLayout } from "../../store/state-layout.ts";
import { asLocalFailure } from "../local-failure.ts";
import { openWorkspace } from "../workspace.ts";
import type { Workspace, WorkspaceOptions } from "../workspace.ts";

/** Runs `work` while no writer is at work: readers share the lock. Throws LOCKED as `withWriter` does. */
export async function withReader<Result>(
  options: WorkspaceOptions & { readonly purpose: string; readonly waitSeconds: number },
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const { config, clock, signal, purpose, waitSeconds } = options;
  // Refuses what is no state before anything is made in it.
  openWorkspace(options);
  try {
    const lock = await waitForLock(stateLayout(config.stateDir).lock, {
      purpose,
      waitSeconds,
      signal,
      clock,
      kind: "shared",
    });
    try {
      // What the lock waited for may have changed everything.
      return await work(openWorkspace(options));
    } finally {
      lock.release();
    }
  } catch (error) {
    throw asLocalFailure(error);
  }
}
