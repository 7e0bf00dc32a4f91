import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Checkpoint, PublishedManifest } from "../../model/history.ts";
import { planVersion } from "../../model/plan-trees.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { VersionIndex } from "../../store/version-index.ts";
import { refuseObeyedVersion } from "../build/obeyed-files.ts";
import { entriesOf } from "../entries.ts";
import { contentDigest } from "../publish/content-digest.ts";
import type { Workspace } from "../workspace.ts";
import type { PlannedDirectory } from "./plan-import.ts";
import type { ShelfReader } from "./read-content.ts";

/** Content that is in the store and that no log tells of yet. */
export interface PreparedCheckpoint {
  readonly created: Timestamp;
  readonly root: Digest;
  readonly files: number;
  readonly bytes: number;
  /** The root of the checkpoint before. */
  readonly previous: Digest | undefined;
  /** Where it came with one, in the pool already; else one is made. */
  readonly manifest?: PublishedManifest | undefined;
  /** The withdrawn checkpoint whose very files it has: it is withdrawn as it is recorded. */
  readonly withdrawn?: Checkpoint | undefined;
}

/** Reads a directory into the store: its content and records are durable when this returns. `before` is the version of the checkpoint before it. */
export async function prepareCheckpoint(
  workspace: Workspace,
  repository: RepositorySettings,
  reader: ShelfReader,
  directory: PlannedDirectory,
  before: VersionIndex | undefined,
): Promise<{ readonly checkpoint: PreparedCheckpoint; readonly index: VersionIndex }> {
  const transaction = workspace.store.begin();
  try {
    const { entries, changed } = await reader.read(directory, before?.entries ?? [], transaction);
    const earlier = before === undefined ? undefined : { directories: before.directories, changed };
    const planned = planVersion(repository.name, entries, (tree) => transaction.putTree(tree), earlier);
    await transaction.seal();
    const { root } = planned;
    refuseObeyedVersion(workspace, { what: directory.label, root });
    const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    const previous = before?.root;
    return {
      checkpoint: { created: directory.at, root, files: entries.length, bytes, previous },
      index: { entries, ...planned },
    };
  } finally {
    transaction.discard();
  }
}

/** Throws SOURCE_BAD_DATA when a directory is not what its checkpoint holds: a checkpoint never changes. */
export async function checkSame(
  { store }: Workspace,
  reader: ShelfReader,
  directory: PlannedDirectory,
  there: Checkpoint,
): Promise<void> {
  const transaction = store.begin();
  try {
    const gone = store.takenDown();
    const recorded = [...entriesOf(there.root, (digest) => store.tree(digest))];
    const expected = recorded.filter(({ digest }) => !gone.has(digest));
    const { entries } = await reader.read(directory, recorded, transaction);
    const isSame =
      entries.length === expected.length &&
      entries.every(({ path, digest }, index) => expected[index]?.path === path && expected[index].digest === digest);
    if (isSame) return;
  } finally {
    transaction.discard();
  }
  throw new Failure("SOURCE_BAD_DATA", `${directory.label} is not what the checkpoint ${there.created} holds`, {
    hint: "a checkpoint never changes; nothing of this directory was written",
  });
}

/** Answers which withdrawn checkpoint held the very files of a version: what must not be served does not come back under another second. */
export function openWithdrawnCheck(
  { store }: Pick<Workspace, "store">,
  checkpoints: readonly Checkpoint[],
): (root: Digest) => Checkpoint | undefined {
  const read = (digest: Digest) => store.tree(digest);
  const withdrawn = new Map<Digest, Checkpoint>();
  for (const checkpoint of checkpoints) {
    const { tombstone, root } = checkpoint;
    if (tombstone?.cause !== "withdrawn") continue;
    const content = tombstone.content ?? (existsSync(store.layout.tree(root)) ? contentDigest(root, read) : undefined);
    if (content !== undefined) withdrawn.set(content, checkpoint);
  }
  return (root) => (withdrawn.size === 0 ? undefined : withdrawn.get(contentDigest(root, read)));
}
