import { Failure } from "../../failure.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { newestPublication } from "../../model/history.ts";
import type { History, HistoryEvent } from "../../model/history.ts";
import { isoOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { LostRepository } from "../build/site-record.ts";
import { emptyPublication } from "../retire/empty-publication.ts";
import { beginning } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";
import type { LostRemovals } from "./lost-removals.ts";

/**
 * Throws USAGE for a second that cannot end the lost interval: one that the site has promised answers for lies in it, or it has not come yet; and for one that the state settled
 * already, unless an earlier run that died said the very same.
 */
export function checkLostUntil({ store, clock }: Workspace, lost: readonly LostRepository[], until: Timestamp): void {
  const now = timestampFromSeconds(clock.now());
  if (until > now) throw new Failure("USAGE", `${isoOf(until)} has not come yet`, { hint: `at most ${isoOf(now)}` });
  for (const { name, siteHorizon } of lost) {
    if (siteHorizon !== undefined && until < siteHorizon) {
      throw new Failure("USAGE", `the site gave settled answers of ${name} up to ${isoOf(siteHorizon)}`, {
        hint: `say --lost-until ${siteHorizon} or later: what was answered until then must not be answered otherwise`,
      });
    }
    const history = store.repository(name)?.history;
    const horizon = history?.horizon;
    if (horizon === undefined || until > horizon || isLostUntil(history, until)) continue;
    throw new Failure("USAGE", `the state knows the history of ${name} up to ${isoOf(horizon)}`, {
      hint: "name a later second",
    });
  }
}

/**
 * Records that what these repositories did after their horizon and until then is not known any more, where no earlier run did, and the removals among it that are known. Durable; the build that follows
 * answers 410 for it.
 */
export async function loseHistory(
  workspace: Workspace,
  losses: readonly LostRemovals[],
  until: Timestamp,
): Promise<void> {
  const { store, clock } = workspace;
  const at = timestampFromSeconds(clock.now());
  for (const { repository: name, removals } of losses) {
    const history = store.repository(name)?.history;
    const loss: readonly HistoryEvent[] = isLostUntil(history, until) ? [] : [{ type: "lost", at, until }];
    if (loss.length + removals.length === 0) continue;
    const transaction = store.begin();
    try {
      const first =
        history === undefined
          ? beginning(transaction, name, at)
          : replacement(workspace, transaction, history, removals, at);
      await transaction.seal();
      // A torn write loses the last lines: removals that no loss follows are no trace of a finished run.
      store.append(name, [...first, ...removals, ...loss]);
    } finally {
      transaction.discard();
    }
  }
}

/** What plain distributions serve from then on, where the removals take all that they could go back to. */
function replacement(
  workspace: Workspace,
  transaction: Transaction,
  history: History,
  removals: readonly HistoryEvent[],
  at: Timestamp,
): readonly HistoryEvent[] {
  const { config, store } = workspace;
  const repository = config.repositories.find(({ name }) => name === history.name);
  const served = newestPublication(history);
  const root = history.versions[served?.version ?? 0]?.root;
  if (repository === undefined || served === undefined || root === undefined) return [];
  const after = foldHistory([...store.events(history.name), ...removals]);
  if (newestPublication(after) !== undefined) return [];
  return [emptyPublication(workspace, repository, { after, root, at }, transaction)];
}

/** Whether the last second that is settled is the end of a loss. */
export function isLostUntil(history: History | undefined, until: Timestamp): boolean {
  return history?.horizon === until && history.lost.at(-1)?.until === until;
}
