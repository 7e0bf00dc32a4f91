import { statSync } from "node:fs";

import { Failure } from "../failure.ts";
import type { RepositorySettings } from "../model/config.ts";
import { countChanges, differenceOf } from "../model/difference.ts";
import type { ChangeCounts } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";
import type { Entry } from "../model/entry.ts";
import { latestVersion } from "../model/history.ts";
import type { History, HistoryEvent, Version } from "../model/history.ts";
import type { RelativePath } from "../model/relative-path.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { planTrees, sortEntries } from "../model/tree.ts";
import type { Source, SourceEntry, SourceListing, StoredContent } from "../sources/source.ts";
import type { StateLayout } from "../store/state-layout.ts";
import { hasObject } from "../store/transaction.ts";
import type { Transaction } from "../store/transaction.ts";
import { checkClock } from "./clock.ts";
import { contentSink } from "./content-sink.ts";
import { entriesOf } from "./entries.ts";
import { openSource } from "./open-source.ts";
import type { Workspace } from "./workspace.ts";

export interface SyncOptions {
  readonly acceptClock: boolean;
  readonly allowShrink: boolean;
}

export interface SyncResult {
  readonly repository: string;
  /** The second at which reading the source began. */
  readonly began: Timestamp;
  readonly version: Version;
  /** Whether a new version was made. */
  readonly changed: boolean;
  readonly counts: ChangeCounts;
}

/** How often a source that moves while it is read is read again. */
const rounds = 3;

/**
 * Brings a repository's content up to its source: one new version, or none when nothing changed. Commits to the log only after every byte is durable; any failure
 * leaves the history as it was.
 */
export async function sync(
  workspace: Workspace,
  repository: RepositorySettings,
  options: SyncOptions,
): Promise<SyncResult> {
  const { store, clock } = workspace;
  if (repository.remote === undefined) {
    throw new Failure("USAGE", `repository ${repository.name} has no remote`, {
      hint: "give it one in the configuration, or fill it with asof import",
    });
  }
  const history = store.repository(repository.name)?.history;
  const source = openSource(workspace, repository, repository.remote);
  const transaction = store.begin();
  try {
    const before =
      history === undefined ? [] : [...entriesOf(latestVersion(history).root, (digest) => store.tree(digest))];
    const read = await readSource(workspace, repository, source, transaction, before);
    if (!options.acceptClock) checkClock(history, read.began, read.listing.serverSeconds);
    if (!options.allowShrink) checkShrink(repository.name, before, read.listing);
    const at = timestampFromSeconds(clock.now());
    const entries = nextEntries(workspace, repository, read, before, at);
    const manifest = read.listing.manifest === undefined ? undefined : transaction.putText(read.listing.manifest);
    const events = commitPlan(repository.name, history, transaction, { entries, before, at, manifest });
    await transaction.seal();
    const from = history === undefined ? undefined : latestVersion(history);
    const stored = events.length === 0 ? store.repository(repository.name) : store.append(repository.name, events);
    if (stored === undefined) throw new Error("a sync ends with a history");
    const version = latestVersion(stored.history);
    return {
      repository: repository.name,
      began: timestampFromSeconds(read.began),
      version,
      changed: version.version !== (from?.version ?? 0),
      counts: countChanges(differenceOf(from?.root, version.root, (digest) => store.tree(digest))),
    };
  } finally {
    transaction.discard();
  }
}

/** The log lines that begin a repository: version 0, the empty one, so that even an empty repository can be published. */
export function beginning(transaction: Transaction, name: string, at: Timestamp): readonly HistoryEvent[] {
  const root = transaction.putTree({ repository: name, path: "", nodes: [] });
  return [{ type: "repository", at, name, root }];
}

interface SourceRead {
  readonly began: number;
  readonly listing: SourceListing;
  readonly stored: ReadonlyMap<RelativePath, StoredContent>;
}

async function readSource(
  workspace: Workspace,
  repository: RepositorySettings,
  source: Source,
  transaction: Transaction,
  before: readonly Entry[],
): Promise<SourceRead> {
  const { signal, onProgress, store } = workspace;
  const known = new Map(before.map((entry) => [entry.path, entry]));
  for (let round = 1; round <= rounds; round++) {
    const began = workspace.clock.now();
    const listing = await source.list(signal);
    const wanted = listing.entries.filter((entry) => !isStored(entry, known.get(entry.path)));
    const stored = await fetchOrKeep(workspace, repository.name, source, wanted, transaction);
    if ((await source.confirm(signal)) === "settled") return { began, listing, stored };
    onProgress({ kind: "note", text: `${repository.name}: the source changed while it was read; reading it again` });
  }
  throw new Failure("SOURCE_MOVED", `the source of ${repository.name} changed while it was read, ${rounds} times`, {
    hint: "run asof when the source is quiet",
  });

  /** What the version before has under the same path needs no look at the pool. A size that does not fit the digest is fetched, and refused then. */
  function isStored(entry: SourceEntry, earlier: Entry | undefined): boolean {
    if (entry.digest === undefined) return false;
    const isKnown =
      entry.digest === earlier?.digest && (entry.sizeBytes === undefined || entry.sizeBytes === earlier.sizeBytes);
    return isKnown || hasObject(store.layout, entry.digest, entry.sizeBytes);
  }
}

/** Fetches; when that fails, what came whole and verified until then stays in the pool, so that the next run need not fetch it again. */
async function fetchOrKeep(
  { signal, onProgress }: Workspace,
  name: string,
  source: Source,
  wanted: readonly SourceEntry[],
  transaction: Transaction,
): Promise<ReadonlyMap<RelativePath, StoredContent>> {
  try {
    return await source.fetch(wanted, contentSink(transaction), {
      signal,
      onProgress: (progress) => onProgress({ kind: "transfer", repository: name, ...progress }),
    });
  } catch (error) {
    try {
      await transaction.seal();
    } catch {
      // The first failure is the one to tell; what could not be kept is fetched again.
      onProgress({ kind: "note", text: `${name}: what was fetched could not be kept` });
    }
    throw error;
  }
}

function nextEntries(
  { store: { layout } }: Workspace,
  repository: RepositorySettings,
  { listing, stored }: SourceRead,
  before: readonly Entry[],
  at: Timestamp,
): readonly Entry[] {
  const known = new Map(before.map((entry) => [entry.path, entry]));
  const next = new Map<RelativePath, Entry>();
  for (const entry of listing.entries) {
    const earlier = known.get(entry.path);
    const content = stored.get(entry.path) ?? knownContent(layout, entry, earlier);
    const added = earlier?.digest === content.digest ? earlier.added : at;
    next.set(entry.path, { path: entry.path, ...content, added });
  }
  if (repository.remote?.type === "file" && repository.remote.mode === "additive") {
    for (const entry of before) if (!next.has(entry.path)) next.set(entry.path, entry);
  }
  const sorted = sortEntries(next.values());
  checkOverlap(repository.name, sorted);
  return sorted;
}

/** Content that was not fetched: the version before has it under this path, or the pool has it. A manifest need not say its size. */
function knownContent(
  layout: StateLayout,
  { path, digest, sizeBytes }: SourceEntry,
  earlier: Entry | undefined,
): StoredContent {
  if (digest === undefined) throw new Error(`${path} was neither known nor fetched`);
  if (sizeBytes !== undefined) return { digest, sizeBytes };
  return { digest, sizeBytes: digest === earlier?.digest ? earlier.sizeBytes : statSync(layout.object(digest)).size };
}

/** In additive mode an old file and a new directory can meet under one name, which no file system holds. */
function checkOverlap(repository: string, sorted: readonly Entry[]): void {
  const paths = new Set<string>(sorted.map((entry) => entry.path));
  for (const { path } of sorted) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      if (!paths.has(path.slice(0, slash))) continue;
      throw new Failure(
        "SOURCE_BAD_DATA",
        `${repository}: ${path.slice(0, slash)} is a file, and ${path} lies below it`,
        {
          hint: "mode: mirror drops files that left the manifest",
        },
      );
    }
  }
}

function checkShrink(repository: string, before: readonly Entry[], listing: SourceListing): void {
  if (before.length === 0 || listing.entries.length > 0) return;
  throw new Failure(
    "SOURCE_SHRUNK",
    `the source of ${repository} is empty, and ${before.length} files came from it before`,
    {
      hint: "is it mounted? pass --allow-shrink if it is really meant to be empty",
    },
  );
}

function commitPlan(
  name: string,
  history: History | undefined,
  transaction: Transaction,
  next: {
    readonly entries: readonly Entry[];
    readonly before: readonly Entry[];
    readonly at: Timestamp;
    readonly manifest: StoredContent | undefined;
  },
): readonly HistoryEvent[] {
  const events: HistoryEvent[] = history === undefined ? [...beginning(transaction, name, next.at)] : [];
  if (!sameEntries(next.entries, next.before)) {
    const root: Digest = planTrees(name, next.entries, (tree) => transaction.putTree(tree));
    const bytes = next.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    const version = (history === undefined ? 0 : latestVersion(history).version) + 1;
    events.push({ type: "version", at: next.at, version, root, files: next.entries.length, bytes });
  }
  if (next.manifest !== undefined && next.manifest.digest !== history?.upstreamManifest?.digest) {
    events.push({ type: "manifest", at: next.at, digest: next.manifest.digest, bytes: next.manifest.sizeBytes });
  }
  return events;
}

/** Both are in path order; times come from the version before, so equal content means equal entries. */
function sameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => entry.path === b[index]?.path && entry.digest === b[index].digest)
  );
}
