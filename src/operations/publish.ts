import path from "node:path";
import { mkdirSync } from "node:fs";

import { Failure } from "../failure.ts";
import { printPulpManifest, unlistedReason } from "../formats/file/pulp-manifest.ts";
import type { DistributionSettings, RepositorySettings } from "../model/config.ts";
import { countChanges, differenceOf } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";
import { foldHistory, keptCheckpoints, latestVersion } from "../model/history.ts";
import type { Checkpoint, History, HistoryEvent, Publication, PublishedManifest, Version } from "../model/history.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import { reveal } from "../site/reveal.ts";
import { openStage } from "../site/stage-tree.ts";
import type { Stage } from "../site/stage-tree.ts";
import { syncFileSystem } from "../store/disk.ts";
import type { Transaction } from "../store/transaction.ts";
import { checkClock, nextCheckpointSecond } from "./clock.ts";
import { entriesOf } from "./entries.ts";
import { stageCheckpoint, stageContext } from "./stage-checkpoint.ts";
import { beginning } from "./sync.ts";
import type { Workspace } from "./workspace.ts";

export interface PublishOptions {
  readonly checkpoint: boolean;
  readonly acceptClock: boolean;
}

/**
 * Publishes a repository's latest version: version 0, the empty one, when nothing was ever synced. A checkpoint gets the next free second as its name.
 *
 * Order: manifest and pages are staged and durable, then the log line (the commit point), then the visible names by rename. A run that dies after the line is finished
 * by the next `build`.
 */
export async function publish(
  workspace: Workspace,
  repository: RepositorySettings,
  options: PublishOptions,
): Promise<Publication> {
  const { store, clock, signal } = workspace;
  const transaction = store.begin();
  try {
    const known = store.repository(repository.name)?.history;
    if (!options.acceptClock) checkClock(known, clock.now(), undefined);
    const now = timestampFromSeconds(clock.now());
    const first = known === undefined ? beginning(transaction, repository.name, now) : [];
    await transaction.seal();
    const history = known ?? foldHistory(first);
    const version = latestVersion(history);
    const manifest = publishedManifest(
      workspace,
      repository,
      upstreamManifest(repository, history),
      version,
      transaction,
    );
    await transaction.seal();

    const created = options.checkpoint ? await nextCheckpointSecond(history, clock, signal) : now;
    const publication: Publication = {
      publication: history.publications.length + 1,
      version: version.version,
      created,
      checkpoint: options.checkpoint,
      manifest,
      ...countChanges(
        differenceOf(keptCheckpoints(history).at(-1)?.root, version.root, (digest) => store.tree(digest)),
      ),
    };
    const stage = openStagingFolder(workspace, transaction, "checkpoints");
    if (options.checkpoint)
      stageEverywhere(workspace, stage, history, { ...version, ...publication, tombstone: undefined });
    if (stage.moves.length > 0) await syncFileSystem(transaction.dir);
    store.append(repository.name, [
      ...first,
      ...settledEvents(repository, history, options),
      { type: "publication", at: created, ...publication },
    ]);
    reveal(stage.moves, store.layout.trash);
    await syncFileSystem(store.layout.root);
    return publication;
  } finally {
    transaction.discard();
  }
}

/** Whether publishing now would make anything that the newest checkpoint is not. */
export function hasNewContent(repository: RepositorySettings, history: History): boolean {
  const newest = history.checkpoints.at(-1);
  if (newest === undefined) return true;
  if (latestVersion(history).root !== newest.root) return true;
  const upstream = upstreamManifest(repository, history)?.digest;
  return upstream !== undefined && newest.manifest !== null && newest.manifest.digest !== upstream;
}

/** The checkpoint distributions of a repository. */
export function checkpointDistributions(workspace: Workspace, repository: string): readonly DistributionSettings[] {
  return workspace.config.distributions.filter((one) => one.checkpoint && one.repository === repository);
}

export function openStagingFolder(workspace: Workspace, transaction: Transaction, name: string): Stage {
  const stagingDir = path.join(transaction.dir, name);
  mkdirSync(stagingDir, { mode: 0o755 });
  return openStage(stageContext(workspace, stagingDir));
}

function stageEverywhere(workspace: Workspace, stage: Stage, history: History, checkpoint: Checkpoint): void {
  const previous = keptCheckpoints(history).at(-1);
  for (const distribution of checkpointDistributions(workspace, history.name)) {
    stageCheckpoint(workspace, stage, distribution, checkpoint, previous);
  }
}

/** The upstream manifest as it is, where the remote is mirrored in full; one of our own otherwise. An entry of that name wins. */
export function publishedManifest(
  { store, onProgress }: Pick<Workspace, "store" | "onProgress">,
  repository: RepositorySettings,
  upstream: History["upstreamManifest"],
  version: Version,
  transaction: Transaction,
): PublishedManifest | null {
  const { manifest: name } = repository;
  if (name === undefined) return null;
  const read = (digest: Digest) => store.tree(digest);
  if (read(version.root).nodes.some((node) => node.name === name)) return null;
  if (upstream !== undefined) return { name, digest: upstream.digest, bytes: upstream.bytes };
  const entries = [...entriesOf(version.root, read)];
  for (const { path: entryPath } of entries) {
    const reason = unlistedReason(entryPath);
    if (reason !== undefined)
      onProgress({ kind: "warning", text: `${name} cannot list ${JSON.stringify(entryPath)}: its name ${reason}` });
  }
  const { digest, sizeBytes } = transaction.putText(printPulpManifest(entries));
  return { name, digest, bytes: sizeBytes };
}

/** The manifest that is published as it came. One from a time when the remote was mirrored in full says nothing about what an additive one holds. */
function upstreamManifest({ remote, manifest }: RepositorySettings, history: History): History["upstreamManifest"] {
  const isKept = manifest !== undefined && remote?.type === "file" && remote.mode === "mirror";
  return isKept ? history.upstreamManifest : undefined;
}

/** Records the promise of settled answers with the first checkpoint, so that taking it back is noticed. */
export function settledEvents(
  repository: RepositorySettings,
  history: History,
  { checkpoint }: Pick<PublishOptions, "checkpoint">,
): readonly HistoryEvent[] {
  if (!checkpoint || history.settled !== undefined) return [];
  return [{ type: "settled", at: history.newestEvent, settled: repository.settled }];
}

/**
 * Brings the recorded promise in line with the configuration. Going from settled to unsettled needs `accept`, because answers in caches cannot be recalled.
 */
export function reconcileSettled(workspace: Workspace, repository: RepositorySettings, accept: boolean): void {
  const history = workspace.store.repository(repository.name)?.history;
  if (history?.settled === undefined || history.settled === repository.settled) return;
  if (history.settled && !accept) {
    throw new Failure(
      "CONFIG",
      `${repository.name}: settled: false takes back a promise that clients may hold in their caches`,
      {
        hint: "pass --accept once if old answers may be revised from now on",
      },
    );
  }
  const at = timestampFromSeconds(workspace.clock.now());
  workspace.store.append(repository.name, [{ type: "settled", at, settled: repository.settled }]);
}
