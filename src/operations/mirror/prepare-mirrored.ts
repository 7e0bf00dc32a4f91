import type { RepositorySettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { emptyHistory, keptCheckpoints } from "../../model/history.ts";
import type { PublishedManifest } from "../../model/history.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import { markChanged, planVersion } from "../../model/plan-trees.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Source } from "../../sources/source.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { VersionIndex } from "../../store/version-index.ts";
import { refuseObeyedVersion } from "../build/obeyed-files.ts";
import type { PreparedCheckpoint } from "../import/prepare-checkpoint.ts";
import { leaveOutTakenDown } from "../sync/leave-out-taken-down.ts";
import { readSource } from "../sync/read-source.ts";
import type { SourceRead } from "../sync/read-source.ts";
import { knownContent } from "../sync/sync.ts";
import type { Workspace } from "../workspace.ts";

/** Reads a checkpoint into the store: its content, records and manifest are durable when this returns. `previous` is the root of the one before it. Throws a SourceNotReady for one that is not whole. */
export async function prepareMirrored(
  workspace: Workspace,
  repository: RepositorySettings,
  source: Source,
  at: Timestamp,
  previous: Digest | undefined,
): Promise<PreparedCheckpoint> {
  const { store } = workspace;
  const { name } = repository;
  const kept = keptCheckpoints(store.repository(name)?.history ?? emptyHistory);
  const indexBefore = (): VersionIndex | undefined =>
    previous === undefined ? undefined : store.versions.of(name, previous);
  const transaction = store.begin();
  try {
    const known = { tag: undefined, entries: () => indexBefore()?.entries ?? [] };
    const read = await readSource(workspace, repository, source, transaction, known);
    const whole = leaveOutTakenDown(workspace, name, read, store.takenDown());
    const index = planContent(workspace, name, indexBefore(), transaction, at, whole);
    const manifest = putManifest(repository, transaction, whole);
    await transaction.seal();
    refuseObeyedVersion(workspace, { what: `checkpoint ${at} of ${name}`, root: index.root });
    // Whoever makes sums looks at all entries next, and the checkpoint after this one is compared with it.
    if (kept.every(({ created }) => created < at)) store.versions.remember(name, index);
    const bytes = index.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { created: at, root: index.root, files: index.entries.length, bytes, previous, manifest };
  } finally {
    transaction.discard();
  }
}

/** The records of what was read. What the checkpoint before holds under the same name, the same bytes, came with that. */
function planContent(
  { store }: Workspace,
  name: string,
  before: VersionIndex | undefined,
  transaction: Transaction,
  at: Timestamp,
  { listing, stored }: SourceRead,
): VersionIndex {
  const entries: Entry[] = [];
  const changed = new Set<string>();
  for (const [earlier, entry] of pairByPath(before?.entries ?? [], listing.entries)) {
    if (entry === undefined) {
      if (earlier !== undefined) markChanged(changed, earlier.path);
      continue;
    }
    const { digest, sizeBytes } = stored.get(entry.path) ?? knownContent(store.layout, entry, earlier);
    if (earlier?.digest === digest) {
      entries.push(earlier);
      continue;
    }
    entries.push({ path: entry.path, digest, sizeBytes, added: at });
    markChanged(changed, entry.path);
  }
  const directories = before?.directories ?? new Map();
  const planned = planVersion(name, entries, (tree) => transaction.putTree(tree), { directories, changed });
  return { entries, ...planned };
}

/** Pulp's own, byte for byte, under its own name; where it has none, one of ours is made later. */
function putManifest(
  { manifest: wanted }: RepositorySettings,
  transaction: Transaction,
  { listing: { manifest, manifestName: name } }: SourceRead,
): PublishedManifest | undefined {
  if (wanted === undefined || manifest === undefined || name === undefined) return undefined;
  const { digest, sizeBytes } = transaction.putText(manifest);
  return { name, digest, bytes: sizeBytes };
}
