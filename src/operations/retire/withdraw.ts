import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { keptCheckpoints, latestVersion, newestPublication } from "../../model/history.ts";
import type { Checkpoint, History, HistoryEvent, Tombstone } from "../../model/history.ts";
import { parseReason, reasonRule } from "../../model/reason.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import { applyBuild, planBuild } from "../build/build.ts";
import { readPlainState } from "../build/built-record.ts";
import { entriesOf } from "../entries.ts";
import { checkpointNamed } from "../named-checkpoint.ts";
import { contentDigest } from "../publish/content-digest.ts";
import { nextChangesWithout } from "../publish/next-changes.ts";
import { emptyPublication } from "./empty-publication.ts";
import { servedAfter } from "./served-after.ts";
import type { ServedAfter } from "./served-after.ts";
import { findShared } from "./shared-content.ts";
import type { SharedContent } from "./shared-content.ts";
import { departedDistributions } from "../build/site-record.ts";
import { writeStatus } from "../status.ts";
import { sweep } from "./sweep.ts";
import type { SweepResult } from "./sweep.ts";
import type { Workspace } from "../workspace.ts";

export interface WithdrawRequest {
  readonly repository: RepositorySettings;
  /** As people write it. */
  readonly time: string;
  readonly reason: string;
}

/** What a withdrawal takes away, and what it leaves. */
export interface Withdrawal {
  readonly repository: string;
  readonly checkpoint: Checkpoint;
  readonly reason: string;
  /** The tombstone of an earlier withdrawal, which stands. */
  readonly earlier: Tombstone | undefined;
  /** Files whose content no other state that is served has; 0 when the checkpoint's record was swept already. */
  readonly filesOnlyHere: number;
  /** Where content of it is served still, oldest first in each repository. */
  readonly elsewhere: readonly SharedContent[];
  /** Whether the repository's latest version has this content: it stays in the state, unserved, until the source has changed. */
  readonly isLatest: boolean;
  /** Plain distributions that left the configuration and still have this content on disk. */
  readonly departed: readonly string[];
  /** What each configured distribution of the repository serves from then on. */
  readonly distributions: readonly ServedAfter[];
}

/**
 * Takes a checkpoint away that must not be served any more, the newest included: tombstone, lists, rules and reload, and at once, without a grace time, its files, and content that nothing
 * else needs. Plain distributions go back to the newest publication with other content, or to the empty one.
 */
export async function withdraw(
  workspace: Workspace,
  request: WithdrawRequest,
): Promise<{ readonly withdrawal: Withdrawal; readonly swept: SweepResult }> {
  const withdrawal = planWithdrawal(workspace, request);
  if (withdrawal.earlier === undefined) await record(workspace, request.repository, withdrawal);
  try {
    await applyBuild(workspace, planBuild(workspace));
  } catch (error) {
    const text = `the withdrawal of ${withdrawal.checkpoint.created} is recorded; its files leave the site with the next asof update whose reload succeeds`;
    workspace.onProgress({ kind: "warning", text });
    throw error;
  }
  const swept = await sweep(workspace);
  writeStatus(workspace, []);
  return { withdrawal, swept };
}

/** Reads only. Throws USAGE for a reason that cannot be shown and a checkpoint that never was. */
export function planWithdrawal(
  workspace: Workspace,
  { repository: { name: repository }, time, reason: given }: WithdrawRequest,
): Withdrawal {
  const { store, config } = workspace;
  const reason = parseReason(given);
  if (reason === undefined) {
    throw new Failure("USAGE", `--reason must be ${reasonRule}`, {
      hint: "it is shown to everybody who asks for the checkpoint",
    });
  }
  const { history, checkpoint } = checkpointNamed(workspace, repository, time);
  const { created, root, tombstone } = checkpoint;
  const isKnown = existsSync(store.layout.tree(root));
  const entries: readonly Entry[] = isKnown ? [...entriesOf(root, (digest) => store.tree(digest))] : [];
  const digests = new Set(entries.map(({ digest }) => digest));
  const { states, found } = findShared(workspace, digests, { repository, time: created });
  const earlier = tombstone?.cause === "withdrawn" ? tombstone : undefined;
  const after =
    earlier === undefined
      ? historyAfter(workspace, repository, tombstoneOf(workspace, history, checkpoint, reason))
      : history;
  return {
    repository,
    checkpoint,
    reason,
    earlier,
    filesOnlyHere: entries.filter(({ digest }) => !found.has(digest)).length,
    elsewhere: states,
    isLatest: latestVersion(history).root === root,
    departed: departedDistributions(workspace)
      .filter((one) => !one.checkpoint && one.repository === repository)
      .filter((one) => readPlainState(workspace, one.basePath)?.root === root)
      .map((one) => one.name),
    distributions: servedAfter(config, after),
  };
}

function tombstoneOf(
  { store, clock }: Workspace,
  history: History | undefined,
  { created, root }: Checkpoint,
  reason: string,
): HistoryEvent {
  const isKnown = existsSync(store.layout.tree(root));
  const read = (digest: Digest) => store.tree(digest);
  return {
    type: "tombstone",
    at: timestampFromSeconds(clock.now()),
    checkpoint: created,
    reason,
    cause: "withdrawn",
    ...(isKnown ? { content: contentDigest(root, read) } : {}),
    next: nextChangesWithout(history === undefined ? [] : keptCheckpoints(history), new Set([created]), read).get(
      created,
    ),
  };
}

function historyAfter({ store }: Workspace, repository: string, tombstone: HistoryEvent): History {
  return foldHistory([...store.events(repository), tombstone]);
}

/** Writes the tombstone; and where plain distributions would have nothing left to go back to, a publication of the empty version before it. */
async function record(workspace: Workspace, repository: RepositorySettings, withdrawal: Withdrawal): Promise<void> {
  const { store } = workspace;
  const { checkpoint, reason } = withdrawal;
  const tombstone = tombstoneOf(workspace, store.repository(repository.name)?.history, checkpoint, reason);
  const { at } = tombstone;
  const after = historyAfter(workspace, repository.name, tombstone);
  if (newestPublication(after) !== undefined) {
    store.append(repository.name, [tombstone]);
    return;
  }
  const transaction = store.begin();
  try {
    const publication = emptyPublication(workspace, repository, { after, root: checkpoint.root, at }, transaction);
    await transaction.seal();
    store.append(repository.name, [publication, tombstone]);
  } finally {
    transaction.discard();
  }
}
