import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { isTimestamp, isoOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { discard } from "../../site/reveal.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { beginning } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";
import type { LostRepository } from "./plan-recovery.ts";

/**
 * Throws USAGE for a second that cannot end the lost interval: one that the site has promised answers for lies in it, or it has not come yet; and for one that the state settled
 * already.
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
    const horizon = store.repository(name)?.history.horizon;
    if (horizon === undefined || until > horizon) continue;
    throw new Failure("USAGE", `the state knows the history of ${name} up to ${isoOf(horizon)}`, {
      hint: "name a later second",
    });
  }
}

/** Records that what these repositories did after their horizon and until then is not known any more. Durable; the build that follows answers 410 for it. */
export async function loseHistory(
  { store, clock }: Workspace,
  lost: readonly LostRepository[],
  until: Timestamp,
): Promise<void> {
  const at = timestampFromSeconds(clock.now());
  for (const { name } of lost) {
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

/** Takes away directories of checkpoints that the state has lost. Rules and pages have stopped leading to them by now. Answers how many there were. */
export function discardLostCheckpoints(workspace: Workspace): number {
  const { store, publicLayout } = workspace;
  let count = 0;
  for (const { basePath, repository, checkpoint } of distributionsOnDisk(workspace)) {
    const history = store.repository(repository)?.history;
    if (!checkpoint || history === undefined || history.lost.length === 0) continue;
    const known = new Set<string>(history.checkpoints.map(({ created }) => created));
    const base = publicLayout.base(basePath);
    for (const folder of [path.join(base, "_asof"), base]) {
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const isLost = history.lost.some(({ from, until }) => from <= name && name <= until);
        if (!isTimestamp(name) || known.has(name) || !isLost) continue;
        discard(path.join(folder, name), store.layout.trash);
        if (folder === base) count += 1;
      }
    }
  }
  return count;
}
