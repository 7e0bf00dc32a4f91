import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { latestVersion, newestKept } from "../../model/history.ts";
import type { Checkpoint, History, Publication } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import { reveal } from "../../site/reveal.ts";
import type { Stage } from "../../site/stage-tree.ts";
import { syncFileSystem } from "../../store/disk.ts";
import { refuseOwnCheckpoint } from "../mirror/other-ways.ts";
import { checkClock, nextCheckpointSecond } from "./clock.ts";
import { publishedManifest, upstreamManifest } from "./published-manifest.ts";
import { settledEvents } from "./settled.ts";
import { refuseObeyedVersion } from "../build/obeyed-files.ts";
import { recordDistributions } from "../build/recorded-distributions.ts";
import { rememberFirstPages } from "../build/remember-build.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { checkpointDistributions, openStagingFolder, stageCheckpoint } from "../build/stage-checkpoint.ts";
import { stateCheckpoint } from "./statement.ts";
import { refuseWithdrawn, withdrawnAgain } from "./withdrawn-again.ts";
import { beginning } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";

export interface PublishOptions {
  readonly checkpoint: boolean;
  readonly acceptClock: boolean;
  /** Publish content that was withdrawn again. */
  readonly accept: boolean;
}

/**
 * Publishes a repository's latest version: version 0, the empty one, when nothing was ever synced. A checkpoint gets the next free second as its name.
 *
 * Order: manifest, sums, statement and signature are made, pages are staged, all of it is durable, then the log line (the commit point), then the visible names by rename. A run that dies after the line is finished
 * by the next `build`.
 */
export async function publish(
  workspace: Workspace,
  repository: RepositorySettings,
  options: PublishOptions,
): Promise<Publication> {
  const { store, clock, signal } = workspace;
  if (options.checkpoint) refuseOwnCheckpoint(repository);
  const transaction = store.begin();
  try {
    const known = store.repository(repository.name)?.history;
    if (!options.acceptClock) checkClock(known, clock.now(), undefined);
    const now = timestampFromSeconds(clock.now());
    const first = known === undefined ? beginning(transaction, repository.name, now) : [];
    await transaction.seal();
    const history = known ?? foldHistory(first);
    const version = latestVersion(history);
    if (!options.accept) refuseWithdrawn(workspace, history);
    refuseObeyedVersion(workspace, { what: `version ${version.version} of ${repository.name}`, root: version.root });
    const manifest = publishedManifest(
      workspace,
      repository,
      upstreamManifest(repository, history),
      version,
      transaction,
    );
    const created = options.checkpoint ? await nextCheckpointSecond(history, clock, signal) : now;
    const before = [...first, ...settledEvents(repository, history, options)];
    const proof = options.checkpoint
      ? await stateCheckpoint(workspace, repository, transaction, { ...version, created, manifest }, before)
      : {};
    // Nothing between here and the barrier before the log line needs these names to be durable.
    await transaction.seal({ barrierFollows: true });
    const publication: Publication = {
      publication: history.publications.length + 1,
      version: version.version,
      created,
      checkpoint: options.checkpoint,
      manifest,
      ...countChanges(differenceOf(newestKept(history)?.root, version.root, (digest) => store.tree(digest))),
      ...proof,
    };
    rememberFirstPages(workspace);
    const stage = openStagingFolder(workspace, transaction, "checkpoints");
    if (options.checkpoint)
      await stageEverywhere(workspace, stage, history, {
        ...version,
        ...publication,
        tombstone: undefined,
        labels: [],
      });
    if (stage.moves.length > 0) recordDistributions(workspace, distributionsOnDisk(workspace));
    // Also where nothing was named just now: a run that failed may have named what this one found.
    await syncFileSystem(transaction.dir);
    store.append(repository.name, [...before, { type: "publication", at: created, ...publication }]);
    reveal(stage.moves, store.layout.trash);
    await syncFileSystem(store.layout.root);
    return publication;
  } finally {
    transaction.discard();
  }
}

/** Whether publishing now would make anything that the newest checkpoint is not. What was withdrawn is not new, whatever the manifest says of it. */
export function hasNewContent(
  workspace: Pick<Workspace, "store">,
  repository: RepositorySettings,
  history: History,
): boolean {
  const newest = history.checkpoints.at(-1);
  if (newest === undefined) return true;
  if (withdrawnAgain(workspace, history) !== undefined) return false;
  if (latestVersion(history).root !== newest.root) return true;
  const upstream = upstreamManifest(repository, history)?.digest;
  return upstream !== undefined && newest.manifest !== null && newest.manifest.digest !== upstream;
}

async function stageEverywhere(
  workspace: Workspace,
  stage: Stage,
  history: History,
  checkpoint: Checkpoint,
): Promise<void> {
  const previous = newestKept(history);
  for (const distribution of checkpointDistributions(workspace, history.name)) {
    await stageCheckpoint(workspace, stage, { distribution, checkpoint, previous });
  }
}
