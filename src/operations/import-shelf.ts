import path from "node:path";

import { Failure } from "../failure.ts";
import type { RepositorySettings } from "../model/config.ts";
import { countChanges, differenceOf } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";
import type { Entry } from "../model/entry.ts";
import { foldHistory } from "../model/fold-history.ts";
import { latestVersion, newestKept } from "../model/history.ts";
import type { Checkpoint, HistoryEvent } from "../model/history.ts";
import type { RelativePath } from "../model/relative-path.ts";
import { secondsOf, timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { planTrees } from "../model/plan-trees.ts";
import { sortEntries } from "../model/tree.ts";
import { openDirectory } from "../sources/directory.ts";
import type { SourceCache, StoredContent } from "../sources/source.ts";
import type { Transaction } from "../store/transaction.ts";
import { contentSink } from "./sync/content-sink.ts";
import { entriesOf } from "./entries.ts";
import { refuseObeyedVersion } from "./build/obeyed-files.ts";
import { publishedManifest } from "./publish/published-manifest.ts";
import { settledEvents } from "./publish/settled.ts";
import { stateCheckpoint } from "./publish/statement.ts";
import { beginning } from "./sync/sync.ts";
import { readShelf } from "./read-shelf.ts";
import type { ShelfEntry } from "./read-shelf.ts";
import type { Workspace } from "./workspace.ts";

export interface ImportResult {
  readonly imported: readonly Timestamp[];
  /** Already there with the same content. */
  readonly skipped: readonly Timestamp[];
  /** Names on the shelf that are no dates. */
  readonly ignored: readonly string[];
}

/**
 * Makes a checkpoint of every dated directory, oldest first, each under its own second. The repository must be new; running the same import again adds what is not there
 * yet and takes nothing else: a second that is there already must have the same content.
 */
export async function importShelf(
  workspace: Workspace,
  repository: RepositorySettings,
  shelf: string,
): Promise<ImportResult> {
  const { dated, ignored } = planImport(workspace, repository, shelf);
  const imported: Timestamp[] = [];
  const skipped: Timestamp[] = [];
  for (const { name, at } of dated) {
    workspace.signal.throwIfAborted();
    const done = await importOne(workspace, repository, path.join(shelf, name), at);
    (done ? imported : skipped).push(at);
  }
  return { imported, skipped, ignored };
}

export interface ImportPlan {
  readonly dated: readonly (ShelfEntry & { readonly isThere: boolean })[];
  readonly ignored: readonly string[];
}

/** What an import would take, refused as the import itself would be. Directories that are there already are compared only by the real one. */
export function planImport(workspace: Workspace, repository: RepositorySettings, shelf: string): ImportPlan {
  const { dated, ignored } = readShelf(shelf);
  checkImportable(workspace, repository, dated);
  const checkpoints = workspace.store.repository(repository.name)?.history.checkpoints ?? [];
  const there = new Set(checkpoints.map((checkpoint) => checkpoint.created));
  return { dated: dated.map((entry) => ({ ...entry, isThere: there.has(entry.at) })), ignored };
}

function checkImportable(
  { store, clock }: Workspace,
  repository: RepositorySettings,
  dated: readonly ShelfEntry[],
): void {
  const future = dated.find(({ at }) => secondsOf(at) > clock.now());
  if (future !== undefined) {
    throw new Failure("SOURCE_BAD_DATA", `${future.name} lies in the future`, {
      hint: "a checkpoint is a state that was",
    });
  }
  const history = store.repository(repository.name)?.history;
  if (history === undefined) return;
  const there = new Set(history.checkpoints.map((checkpoint) => checkpoint.created));
  const between = dated.find(({ at }) => !there.has(at) && history.horizon !== undefined && at <= history.horizon);
  if (between === undefined && (there.size > 0 || history.versions.length === 1)) return;
  const what =
    between === undefined
      ? "versions that no import made"
      : `answers up to ${history.horizon}, and ${between.name} would change them`;
  throw new Failure("USAGE", `${repository.name} has ${what}`, { hint: "import a shelf into a new repository" });
}

/** False when the checkpoint was there already. */
async function importOne(
  workspace: Workspace,
  repository: RepositorySettings,
  directory: string,
  at: Timestamp,
): Promise<boolean> {
  const { store } = workspace;
  const history = store.repository(repository.name)?.history;
  const there = history?.checkpoints.find((checkpoint) => checkpoint.created === at);
  // A pruned checkpoint stays pruned.
  if (there?.tombstone !== undefined) return false;
  const transaction = store.begin();
  try {
    const content = await readWhole(workspace, repository, directory, transaction);
    if (there !== undefined) {
      checkSame(workspace, repository.name, directory, there, content);
      return false;
    }
    await transaction.seal();
    await commitCheckpoint(workspace, repository, transaction, at, content);
    return true;
  } finally {
    transaction.discard();
  }
}

type Content = ReadonlyMap<RelativePath, StoredContent>;

async function readWhole(
  workspace: Workspace,
  repository: RepositorySettings,
  directory: string,
  transaction: Transaction,
): Promise<Content> {
  const { signal, clock } = workspace;
  const noCache: SourceCache = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };
  const symlinks = repository.remote?.type === "directory" ? repository.remote.symlinks : "refuse";
  const source = openDirectory(
    { type: "directory", path: directory, include: ["**"], exclude: [], symlinks },
    { cache: noCache, now: () => clock.now() },
  );
  const listing = await source.list(signal);
  const content = await source.fetch(listing.entries, contentSink(transaction), { signal });
  const gone = workspace.store.takenDown();
  if ((await source.confirm(signal)) === "settled") {
    return new Map([...content].filter(([, { digest }]) => !gone.has(digest)));
  }
  throw new Failure("SOURCE_MOVED", `${directory} changed while it was read`, { hint: "import a shelf at rest" });
}

function checkSame({ store }: Workspace, name: string, directory: string, there: Checkpoint, content: Content): void {
  const gone = store.takenDown();
  const recorded = [...entriesOf(there.root, (digest) => store.tree(digest))];
  const entries = recorded.filter(({ digest }) => !gone.has(digest));
  const same =
    entries.length === content.size && entries.every((entry) => content.get(entry.path)?.digest === entry.digest);
  if (same) return;
  throw new Failure("SOURCE_BAD_DATA", `${directory} is not what checkpoint ${there.created} of ${name} holds`, {
    hint: "a checkpoint never changes; nothing of this directory was written",
  });
}

/** One version, if the content is new, and its checkpoint. The directory appears with the build that follows. */
async function commitCheckpoint(
  workspace: Workspace,
  repository: RepositorySettings,
  transaction: Transaction,
  at: Timestamp,
  content: Content,
): Promise<void> {
  const { store, clock } = workspace;
  const { name } = repository;
  const now = timestampFromSeconds(clock.now());
  const known = store.repository(name)?.history;
  const first = known === undefined ? beginning(transaction, name, now) : [];
  const history = known ?? foldHistory(first);
  const read = (digest: Digest) => store.tree(digest);

  const previous = newestKept(history);
  const before = new Map(
    (previous === undefined ? [] : [...entriesOf(previous.root, read)]).map((entry) => [entry.path, entry]),
  );
  const entries = [...content].map(([entryPath, stored]): Entry => {
    const earlier = before.get(entryPath);
    return { path: entryPath, ...stored, added: earlier?.digest === stored.digest ? earlier.added : at };
  });
  const root = planTrees(name, sortEntries(entries), (tree) => transaction.putTree(tree));
  const latest = latestVersion(history);
  const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const version = latest.root === root ? latest : { version: latest.version + 1, root, files: entries.length, bytes };
  await transaction.seal();
  refuseObeyedVersion(workspace, { what: `the directory of ${at}`, root });
  const manifest = publishedManifest(workspace, repository, undefined, version, transaction);
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
      ...countChanges(differenceOf(previous?.root, root, read)),
      ...proof,
    },
  ]);
}
