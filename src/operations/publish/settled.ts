import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { History, HistoryEvent } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Workspace } from "../workspace.ts";

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

/** Records the promise of settled answers with the first checkpoint, so that taking it back is noticed. */
export function settledEvents(
  repository: RepositorySettings,
  history: History,
  { checkpoint }: { readonly checkpoint: boolean },
): readonly HistoryEvent[] {
  if (!checkpoint || history.settled !== undefined) return [];
  return [{ type: "settled", at: history.newestEvent, settled: repository.settled }];
}

/** Brings the recorded promise in line with the configuration. Throws what `checkSettled` finds. */
export function reconcileSettled(workspace: Workspace, repository: RepositorySettings, accept: boolean): void {
  const history = workspace.store.repository(repository.name)?.history;
  if (history?.settled === undefined || history.settled === repository.settled) return;
  const refusal = checkSettled(workspace, repository, accept);
  if (refusal !== undefined) throw refusal;
  const at = timestampFromSeconds(workspace.clock.now());
  workspace.store.append(repository.name, [{ type: "settled", at, settled: repository.settled }]);
}

/** Going from settled to unsettled needs `accept`, because answers in caches cannot be recalled. */
export function checkSettled(
  { store }: Pick<Workspace, "store">,
  repository: RepositorySettings,
  accept: boolean,
): Failure | undefined {
  const promised = store.repository(repository.name)?.history.settled === true;
  if (!promised || repository.settled || accept) return undefined;
  return new Failure(
    "CONFIG",
    `${repository.name}: settled: false takes back a promise that clients may hold in their caches`,
    { hint: "pass --accept once if old answers may be revised from now on" },
  );
}
