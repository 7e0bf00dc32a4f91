import type { Workspace } from "./workspace.ts";

/**
 * Whether clients may cache a repository's settled answers for ever: what its log says, because a promise that was given stands until `--accept` takes it back; what the
 * configuration says before the first checkpoint.
 */
export function promisedSettled({ config, store }: Pick<Workspace, "config" | "store">, name: string): boolean {
  const configured = config.repositories.find((one) => one.name === name)?.settled ?? true;
  return store.repository(name)?.history.settled ?? configured;
}

/** What becomes of pruned checkpoints: with a promise of settled answers in force they are gone, because to redirect past them would break it. */
export function prunedAnswer(workspace: Pick<Workspace, "config" | "store">, name: string): "gone" | "redirect" {
  return promisedSettled(workspace, name) ? "gone" : workspace.config.pruned;
}
