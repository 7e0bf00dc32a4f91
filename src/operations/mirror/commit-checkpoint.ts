import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import type { ChangeCounts } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { foldHistory } from "../../model/fold-history.ts";
import { keptCheckpoints, latestVersion } from "../../model/history.ts";
import type { HistoryEvent, PublishedManifest, Version } from "../../model/history.ts";
import { markChanged, planVersion } from "../../model/plan-trees.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { VersionIndex } from "../../store/version-index.ts";
import { refuseObeyedVersion } from "../build/obeyed-files.ts";
import { publishedManifest } from "../publish/published-manifest.ts";
import { settledEvents } from "../publish/settled.ts";
import { stateCheckpoint } from "../publish/statement.ts";
import type { SourceRead } from "../sync/read-source.ts";
import { beginning, knownContent } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";

/** A checkpoint that was recorded. */
export interface CommittedCheckpoint {
  readonly at: Timestamp;
  readonly files: number;
  readonly bytes: number;
  /** Against the checkpoint before it. */
  readonly counts: ChangeCounts;
}

/**
 * Records a checkpoint that was made elsewhere, at `at`, from a source that was read whole: one version, if its content is new, and its publication. Commits to the log only after every byte is durable; the
 * directory appears with the build that follows.
 */
export async function commitCheckpoint(
  workspace: Workspace,
  repository: RepositorySettings,
  transaction: Transaction,
  at: Timestamp,
  whole: SourceRead,
): Promise<CommittedCheckpoint> {
  const { store, clock } = workspace;
  const { name } = repository;
  const now = timestampFromSeconds(clock.now());
  const known = store.repository(name)?.history;
  const first = known === undefined ? beginning(transaction, name, now) : [];
  await transaction.seal();
  const history = known ?? foldHistory(first);
  const read = (digest: Digest) => store.tree(digest);
  const previous = keptCheckpoints(history).findLast((one) => one.created < at);

  const { index, files, bytes } = planContent(workspace, name, previous?.root, transaction, at, whole);
  const latest = latestVersion(history);
  const version = latest.root === index.root ? latest : { version: latest.version + 1, root: index.root, files, bytes };
  await transaction.seal();
  // Manifest and sums look at all entries.
  store.versions.remember(name, index);
  refuseObeyedVersion(workspace, { what: `checkpoint ${at} of ${name}`, root: index.root });
  const manifest = manifestOf(workspace, repository, transaction, version, whole);
  const events: readonly HistoryEvent[] = [
    ...first,
    ...settledEvents(repository, history, { checkpoint: true }),
    ...(version === latest ? [] : [{ type: "version", at: now, ...version } as const]),
  ];
  const proof = await stateCheckpoint(
    workspace,
    repository,
    transaction,
    { ...version, created: at, manifest },
    events,
  );
  await transaction.seal();
  const counts = countChanges(differenceOf(previous?.root, index.root, read));
  store.append(name, [
    ...events,
    {
      type: "publication",
      at: now,
      publication: history.publications.length + 1,
      version: version.version,
      created: at,
      checkpoint: true,
      manifest,
      ...counts,
      ...proof,
    },
  ]);
  return { at, files, bytes, counts };
}

/** The records of what was read. What the checkpoint before holds under the same name, the same bytes, came with that. */
function planContent(
  { store }: Workspace,
  name: string,
  previous: Digest | undefined,
  transaction: Transaction,
  at: Timestamp,
  { listing, stored }: SourceRead,
): { readonly index: VersionIndex; readonly files: number; readonly bytes: number } {
  const before = previous === undefined ? undefined : store.versions.of(name, previous);
  const entries: Entry[] = [];
  const changed = new Set<string>();
  let bytes = 0;
  for (const [earlier, entry] of pairByPath(before?.entries ?? [], listing.entries)) {
    if (entry === undefined) {
      if (earlier !== undefined) markChanged(changed, earlier.path);
      continue;
    }
    const { digest, sizeBytes } = stored.get(entry.path) ?? knownContent(store.layout, entry, earlier);
    bytes += sizeBytes;
    if (earlier?.digest === digest) {
      entries.push(earlier);
      continue;
    }
    entries.push({ path: entry.path, digest, sizeBytes, added: at });
    markChanged(changed, entry.path);
  }
  const directories = before?.directories ?? new Map();
  const index = {
    entries,
    ...planVersion(name, entries, (tree) => transaction.putTree(tree), { directories, changed }),
  };
  return { index, files: entries.length, bytes };
}

/** Pulp's own, byte for byte, under its own name; one of ours where it has none. */
function manifestOf(
  workspace: Workspace,
  repository: RepositorySettings,
  transaction: Transaction,
  version: Version,
  { listing }: SourceRead,
): PublishedManifest | null {
  const { manifest, manifestName } = listing;
  if (repository.manifest === undefined) return null;
  if (manifest === undefined || manifestName === undefined) {
    return publishedManifest(workspace, repository, undefined, version, transaction);
  }
  const { digest, sizeBytes } = transaction.putText(manifest);
  return { name: manifestName, digest, bytes: sizeBytes };
}
