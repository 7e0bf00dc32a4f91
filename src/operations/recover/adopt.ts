import { existsSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import { foldHistory, keptCheckpoints, latestVersion, newestPublication } from "../../model/history.ts";
import type { Checkpoint, History, HistoryEvent, NamedFile } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { hasObject } from "../../store/transaction.ts";
import { proofFiles } from "../../model/statement.ts";
import type { Workspace } from "../workspace.ts";
import type { LostRepository } from "./plan-recovery.ts";
import { checkpointPlaces, notWhole } from "./published-places.ts";
import { readPublishedLog } from "./read-published-log.ts";
import { rebuildCheckpoint } from "./rebuild-checkpoint.ts";

/** What came back of a repository. */
export interface AdoptedRepository {
  readonly repository: string;
  readonly checkpoints: readonly Timestamp[];
}

/**
 * Takes back what the site knows and the state lost: the log as it was published, and the content of its checkpoints from their directories. Every digest is checked; the log is
 * replaced last, by one rename, so that a run that dies has changed nothing. Throws HISTORY_BEHIND_SITE when something is missing or is not what the log says.
 */
export async function adopt(workspace: Workspace, lost: LostRepository): Promise<AdoptedRepository> {
  const { store, clock } = workspace;
  const published = readPublishedLog(workspace, lost);
  const history = foldHistory(published.events);
  const transaction = store.begin();
  try {
    const rebuilt: Timestamp[] = [];
    transaction.putTree({ repository: lost.name, path: "", nodes: [] });
    for (const checkpoint of keptCheckpoints(history)) {
      if (isWhole(workspace, checkpoint)) continue;
      const place = checkpointPlaces(workspace, lost.name).find(({ basePath }) =>
        existsSync(workspace.publicLayout.checkpoint(basePath, checkpoint.created)),
      );
      if (place === undefined) {
        throw notWhole(lost.name, `the directory of checkpoint ${checkpoint.created} is not there`);
      }
      await rebuildCheckpoint(workspace, transaction, place, checkpoint, history.takenDown);
      rebuilt.push(checkpoint.created);
      await transaction.seal();
    }
    checkNewestPublication(workspace, history);
    await transaction.seal();
    store.replaceLog(lost.name, published.lines);
    const more = repairs(workspace, history, timestampFromSeconds(clock.now()));
    if (more.length > 0) store.append(lost.name, more);
    return { repository: lost.name, checkpoints: rebuilt };
  } finally {
    transaction.discard();
  }
}

/** Whether the state has everything of a checkpoint; records below the root were stored with it. */
function isWhole({ store }: Workspace, checkpoint: Checkpoint): boolean {
  const files = generatedFiles(checkpoint);
  return (
    existsSync(store.layout.tree(checkpoint.root)) &&
    files.every((file) => hasObject(store.layout, file.digest, file.bytes))
  );
}

/** Files of a checkpoint that are stored and are no content of its version. */
function generatedFiles(checkpoint: Checkpoint): readonly NamedFile[] {
  return [...(checkpoint.manifest === null ? [] : [checkpoint.manifest]), ...proofFiles(checkpoint)];
}

/** A plain publication whose content no checkpoint has cannot be found again: its directory is no longer as it was published when files were dropped from it. */
function checkNewestPublication({ store }: Workspace, history: History): void {
  const newest = newestPublication(history);
  const root = history.versions[newest?.version ?? 0]?.root;
  if (newest === undefined || root === undefined || existsSync(store.layout.tree(root))) return;
  throw notWhole(history.name, `publication ${newest.publication}, the newest one, is no checkpoint`);
}

/** Lines for what was synced and never published: its content is lost, so that the newest checkpoint's is the latest version again. */
function repairs({ store }: Workspace, history: History, at: Timestamp): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const newest = keptCheckpoints(history).at(-1);
  const latest = latestVersion(history);
  if (newest !== undefined && !existsSync(store.layout.tree(latest.root))) {
    const { root, files, bytes } = newest;
    events.push({ type: "version", at, version: latest.version + 1, root, files, bytes });
  }
  const upstream: { readonly digest: Digest; readonly bytes: number } | undefined = history.upstreamManifest;
  const manifest = newest?.manifest ?? undefined;
  if (upstream !== undefined && manifest !== undefined && !hasObject(store.layout, upstream.digest, upstream.bytes)) {
    events.push({ type: "manifest", at, digest: manifest.digest, bytes: manifest.bytes });
  }
  return events;
}
