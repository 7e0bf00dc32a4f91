import { Failure } from "../../failure.ts";
import type { History } from "../../model/history.ts";
import { isoOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { LostRepository } from "../build/site-record.ts";
import { beginning } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";

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

/** Records that what these repositories did after their horizon and until then is not known any more, where no earlier run did. Durable; the build that follows answers 410 for it. */
export async function loseHistory(
  { store, clock }: Workspace,
  lost: readonly LostRepository[],
  until: Timestamp,
): Promise<void> {
  const at = timestampFromSeconds(clock.now());
  for (const { name } of lost) {
    if (isLostUntil(store.repository(name)?.history, until)) continue;
    const transaction = store.begin();
    try {
      const first = store.repository(name) === undefined ? beginning(transaction, name, at) : [];
      await transaction.seal();
      store.append(name, [...first, { type: "lost", at, until }]);
    } finally {
      transaction.discard();
    }
  }
}

/** Whether the last second that is settled is the end of a loss. */
function isLostUntil(history: History | undefined, until: Timestamp): boolean {
  return history?.horizon === until && history.lost.at(-1)?.until === until;
}
