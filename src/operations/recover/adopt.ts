import { existsSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { keptCheckpoints, latestVersion, newestKept, newestPublication, nextVersion } from "../../model/history.ts";
import type { Checkpoint, History, HistoryEvent } from "../../model/history.ts";
import { proofFiles } from "../../model/statement.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import { lineIndexOf } from "../../store/line-index.ts";
import type { StoredRepository } from "../../store/open-store.ts";
import { hasObject } from "../../store/transaction.ts";
import type { Transaction } from "../../store/transaction.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { LostRepository } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { linkPool } from "./link-pool.ts";
import { checkpointPlaces, notWhole } from "./published-places.ts";
import { readPublishedLog } from "./read-published-log.ts";
import type { PublishedLog } from "./read-published-log.ts";
import { rebuildCheckpoint } from "./rebuild-checkpoint.ts";
import { takeFile } from "./take-file.ts";
import { openWholeCheck } from "./whole-content.ts";

/** What the site can give back of a repository. */
export interface AdoptionPlan {
  readonly repository: string;
  readonly published: PublishedLog;
  readonly history: History;
  /** Checkpoints on disk of which the state lacks something, oldest first, and where the site has them. */
  readonly missing: readonly { readonly checkpoint: Checkpoint; readonly place: DistributionSettings }[];
}

/** Reads the published log and looks which checkpoints the state lacks; no content is read. Throws HISTORY_BEHIND_SITE when the log is not the one that the site was built from, or when a checkpoint is not there. */
export function planAdoption(workspace: Workspace, lost: LostRepository): AdoptionPlan {
  const { store, publicLayout } = workspace;
  const published = readPublishedLog(workspace, lost);
  const history = foldHistory(published.events);
  const isWhole = openWholeCheck(workspace, history.takenDown);
  const kept = keptCheckpoints(history);
  // Pruned ones are served until their grace time is over, and need their content until then.
  const missing = history.checkpoints
    .filter((one) => !isWhole(one.root) || !generatedFiles(one).every(isStored))
    .flatMap((checkpoint) => {
      const place = checkpointPlaces(workspace, lost.name).find(({ basePath }) =>
        existsSync(publicLayout.checkpoint(basePath, checkpoint.created)),
      );
      if (place !== undefined) return [{ checkpoint, place }];
      if (checkpoint.tombstone !== undefined) return [];
      throw notWhole(lost.name, `the directory of checkpoint ${checkpoint.created} is not there`);
    });
  // The content of a plain publication that no checkpoint has cannot be found again: its directory is no longer as it was published when files were dropped from it.
  const newest = newestPublication(history);
  const root = history.versions[newest?.version ?? 0]?.root;
  const comesBack = new Set([history.versions[0].root, ...kept.map((one) => one.root)]);
  if (newest !== undefined && root !== undefined && !comesBack.has(root) && !isWhole(root))
    throw notWhole(history.name, `publication ${newest.publication}, the newest one, is no checkpoint`);
  return { repository: lost.name, published, history, missing };

  function isStored({ digest, bytes }: { readonly digest: Digest; readonly bytes: number }): boolean {
    return hasObject(store.layout, digest, bytes);
  }
}

/**
 * Takes back what the state lacks: the content of checkpoints from their directories, every byte of it hashed, and the log as it was published. The log is replaced last, by one rename, so that a
 * run that dies has changed nothing. What the state has already is believed by name and size, and becomes a link of the site's where it is a copy of it. Throws HISTORY_BEHIND_SITE when something
 * is not what the log says.
 */
export async function adopt(
  workspace: Workspace,
  { repository, published, history, missing }: AdoptionPlan,
): Promise<void> {
  const { store } = workspace;
  const isWhole = openWholeCheck(workspace, history.takenDown);
  const transaction = store.begin();
  try {
    transaction.putTree({ repository, path: "", nodes: [] });
    await transaction.seal();
    for (const { checkpoint, place } of missing) {
      await rebuildCheckpoint(workspace, transaction, place, checkpoint, history.takenDown, isWhole);
      await transaction.seal();
    }
    await takePlainManifest(workspace, transaction, history);
    const more = repairs(workspace, transaction, history, isWhole);
    await transaction.seal();
    await linkPool(withHistory(workspace, published, history));
    store.replaceLog(repository, published, more);
  } finally {
    transaction.discard();
  }
}

/** The workspace as it will be. */
function withHistory(workspace: Workspace, { events, digests }: PublishedLog, history: History): Workspace {
  const { store } = workspace;
  const adopted: StoredRepository = { log: lineIndexOf(digests), history };
  const isIt = (name: string): boolean => name === history.name;
  return {
    ...workspace,
    store: {
      ...store,
      repository: (name) => (isIt(name) ? adopted : store.repository(name)),
      events: (name) => (isIt(name) ? events : store.events(name)),
    },
  };
}

/** Files of a checkpoint that are stored and are no content of its version. */
function generatedFiles(checkpoint: Checkpoint): ReturnType<typeof proofFiles> {
  return [...(checkpoint.manifest === null ? [] : [checkpoint.manifest]), ...proofFiles(checkpoint)];
}

/** The manifest of a newest publication that is no checkpoint: plain distributions alone have it. */
async function takePlainManifest(workspace: Workspace, transaction: Transaction, history: History): Promise<void> {
  const { store, publicLayout } = workspace;
  const newest = newestPublication(history);
  const manifest = newest?.manifest ?? undefined;
  if (newest === undefined || manifest === undefined) return;
  if (hasObject(store.layout, manifest.digest, manifest.bytes) || history.takenDown.has(manifest.digest)) return;
  if (manifest.bytes === 0) {
    transaction.putText("");
    return;
  }
  for (const { basePath, checkpoint, repository } of distributionsOnDisk(workspace)) {
    if (checkpoint || repository !== history.name) continue;
    if (await takeFile(workspace, transaction, path.join(publicLayout.base(basePath), manifest.name), manifest)) return;
  }
  throw notWhole(history.name, `the ${manifest.name} of publication ${newest.publication} is not there`);
}

/**
 * Lines for what was synced and never published: its content is lost, so that the content of the newest checkpoint is the latest version again, or that of version 0 where none is kept; and the
 * manifest that upstream had for it is the last one known. The next sync brings both up to date.
 */
function repairs(
  { store, clock }: Workspace,
  transaction: Transaction,
  history: History,
  isWhole: (record: Digest) => boolean,
): readonly HistoryEvent[] {
  const at = timestampFromSeconds(clock.now());
  const events: HistoryEvent[] = [];
  const newest = newestKept(history);
  const latest = latestVersion(history);
  if (!isWhole(latest.root)) {
    const { root, files, bytes } = newest ?? history.versions[0];
    events.push({ type: "version", at, version: nextVersion(history), root, files, bytes });
  }
  const upstream = history.upstreamManifest;
  if (upstream !== undefined && !hasObject(store.layout, upstream.digest, upstream.bytes)) {
    const { digest, bytes } = newest?.manifest ?? { digest: transaction.putText("").digest, bytes: 0 };
    events.push({ type: "manifest", at, digest, bytes });
  }
  return events;
}
