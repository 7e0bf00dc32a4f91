import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import type { ChangeCounts } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { keptCheckpoints, latestVersion, nextVersion } from "../../model/history.ts";
import type { History, HistoryEvent, NextChanges, Version } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { contentDigest } from "../publish/content-digest.ts";
import { publishedManifest } from "../publish/published-manifest.ts";
import { settledEvents } from "../publish/settled.ts";
import { stateCheckpoint } from "../publish/statement.ts";
import { beginning } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";
import type { PreparedCheckpoint } from "./prepare-checkpoint.ts";

/**
 * Records a checkpoint of the past: one version, if the content is new, and its publication; answers what it changes against the one before. What was synced or published for a later time stays the latest version and the newest publication. The
 * directory appears with the build that follows.
 */
export async function commitCheckpoint(
  workspace: Workspace,
  repository: RepositorySettings,
  checkpoint: PreparedCheckpoint,
): Promise<ChangeCounts> {
  const { store, clock } = workspace;
  const { name } = repository;
  const { created, root } = checkpoint;
  const at = timestampFromSeconds(clock.now());
  const read = (digest: Digest) => store.tree(digest);
  const transaction = store.begin();
  try {
    const known = store.repository(name)?.history;
    const first = known === undefined ? beginning(transaction, name, at) : [];
    const history = known ?? foldHistory(first);
    const { version, isNew } = versionOf(history, checkpoint);
    const manifest = checkpoint.manifest ?? publishedManifest(workspace, repository, undefined, version, transaction);
    const events: readonly HistoryEvent[] = [
      ...first,
      ...settledEvents(repository, history, { checkpoint: true }),
      ...(isNew ? [{ type: "version", at, ...version } as const] : []),
    ];
    const proof = await stateCheckpoint(workspace, repository, transaction, { ...version, created, manifest }, events);
    await transaction.seal();
    const counts = countChanges(differenceOf(checkpoint.previous, root, read));
    store.append(name, [
      ...events,
      {
        type: "publication",
        at,
        publication: history.publications.length + 1,
        version: version.version,
        created,
        checkpoint: true,
        manifest,
        ...counts,
        ...proof,
        // What is withdrawn at once comes before nothing.
        next: checkpoint.withdrawn === undefined ? nextChanges(history, checkpoint, read) : undefined,
      },
      ...withdrawal(checkpoint, at, read),
    ]);
    return counts;
  } finally {
    transaction.discard();
  }
}

/** In the same write: what must not be served is not served between two of them. */
function withdrawal(
  { created, root, withdrawn }: PreparedCheckpoint,
  at: Timestamp,
  read: Parameters<typeof contentDigest>[1],
): readonly HistoryEvent[] {
  if (withdrawn === undefined) return [];
  const reason = withdrawn.tombstone?.reason ?? "";
  return [
    { type: "tombstone", at, checkpoint: created, reason, cause: "withdrawn", content: contentDigest(root, read) },
  ];
}

/** The version that holds the content. It becomes the latest one only where nothing newer is known. */
function versionOf(
  history: History,
  { created, root, files, bytes }: PreparedCheckpoint,
): { readonly version: Version; readonly isNew: boolean } {
  const latest = latestVersion(history);
  const isFilled =
    (history.horizon !== undefined && created <= history.horizon) ||
    (latest.version > 0 &&
      !history.publications.some((one) => one.version === latest.version && one.created < created));
  const same = isFilled ? history.versions.findLast((version) => version.root === root) : latest;
  if (same?.root === root) return { version: same, isNew: false };
  const version = { version: nextVersion(history), root, files, bytes };
  return { version: isFilled ? { ...version, filled: true } : version, isNew: true };
}

/** What the checkpoint that follows changes now, where that is not what its own line says. */
function nextChanges(
  history: History,
  { created, root }: PreparedCheckpoint,
  read: Parameters<typeof differenceOf>[2],
): NextChanges | undefined {
  const next = keptCheckpoints(history).find((one) => one.created > created);
  if (next === undefined) return undefined;
  const counts = countChanges(differenceOf(root, next.root, read));
  const isSame = counts.added === next.added && counts.removed === next.removed && counts.changed === next.changed;
  return isSame ? undefined : { created: next.created, ...counts };
}
