import { statSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import type { ChangeCounts } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { latestVersion, nextVersion } from "../../model/history.ts";
import type { HistoryEvent, Version } from "../../model/history.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { markChanged, planVersion } from "../../model/plan-trees.ts";
import { SourceNotReady } from "../../sources/source.ts";
import type { SourceEntry, StoredContent } from "../../sources/source.ts";
import type { StateLayout } from "../../store/state-layout.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { VersionIndex } from "../../store/version-index.ts";
import { checkClock } from "../publish/clock.ts";
import { contentRemote } from "../mirror/other-ways.ts";
import { leaveOutTakenDown } from "./leave-out-taken-down.ts";
import { openSource } from "./open-source.ts";
import { readSource } from "./read-source.ts";
import type { SourceRead } from "./read-source.ts";
import { checkShrink, mutatedPaths, reportSuspicions, resembledCheckpoint } from "./source-guards.ts";
import type { Workspace } from "../workspace.ts";

export interface SyncOptions {
  readonly acceptClock: boolean;
  readonly allowShrink: boolean;
}

/** What a sync found: content, or a source that says of itself that it is not to be read now. */
export type SyncResult =
  | SyncedContent
  | { readonly repository: string; readonly ready: false; readonly reason: string };

export interface SyncedContent {
  readonly repository: string;
  readonly ready: true;
  /** The second at which reading the source began. */
  readonly began: Timestamp;
  readonly version: Version;
  /** Whether a new version was made. */
  readonly changed: boolean;
  readonly counts: ChangeCounts;
  /** Paths that were there before and have other bytes now: what a supply-chain alarm looks at. In path order. */
  readonly mutated: readonly RelativePath[];
  /** The older checkpoint whose very files the new version has, if there is one: the source may have been rolled back. */
  readonly resembles: Timestamp | undefined;
}

/**
 * Brings a repository's content up to its source: one new version, or none when nothing changed. Commits to the log only after every byte is durable; any failure
 * leaves the history as it was, and so does a source that is not ready.
 */
export async function sync(
  workspace: Workspace,
  repository: RepositorySettings,
  options: SyncOptions,
): Promise<SyncResult> {
  const { store, onProgress } = workspace;
  if (repository.remote === undefined) {
    throw new Failure("USAGE", `repository ${repository.name} has no remote`, {
      hint: "give it one in the configuration, or fill it with asof import",
    });
  }
  const history = store.repository(repository.name)?.history;
  const source = openSource(workspace, repository, contentRemote(repository.name, repository.remote));
  const transaction = store.begin();
  try {
    const gone = store.takenDown();
    const before = history === undefined ? undefined : latestVersion(history);
    const whole = await readSource(workspace, repository, source, transaction, {
      tag: before === undefined ? undefined : tagOf(before.root, gone),
      entries: () => (before === undefined ? [] : store.versions.of(repository.name, before.root).entries),
    });
    if (!options.acceptClock) checkClock(history, whole.began, whole.listing.serverSeconds);
    const change = whole.isSame ? nothing : takeOver(workspace, repository, whole, transaction, options);
    await transaction.seal();
    const stored =
      change.events.length === 0 ? store.repository(repository.name) : store.append(repository.name, change.events);
    if (stored === undefined) throw new Error("a sync ends with a history");
    const version = latestVersion(stored.history);
    const changed = version.version !== (before?.version ?? 0);
    if (change.index !== undefined) store.versions.remember(repository.name, change.index);
    await source.remember(tagOf(version.root, gone));
    const readTree = (digest: Digest) => store.tree(digest);
    const result: SyncedContent = {
      repository: repository.name,
      ready: true,
      began: timestampFromSeconds(whole.began),
      version,
      changed,
      counts: countChanges(differenceOf(before?.root, version.root, readTree)),
      mutated: change.mutated,
      resembles: changed ? resembledCheckpoint(stored.history, version, readTree) : undefined,
    };
    reportSuspicions(result, onProgress);
    return result;
  } catch (error) {
    if (!(error instanceof SourceNotReady)) throw error;
    return { repository: repository.name, ready: false, reason: error.message };
  } finally {
    transaction.discard();
  }
}

/** What a sync makes of what it read. */
interface TakenOver {
  readonly events: readonly HistoryEvent[];
  /** Of the version that the events make. */
  readonly index: VersionIndex | undefined;
  readonly mutated: readonly RelativePath[];
}

const nothing: TakenOver = { events: [], index: undefined, mutated: [] };

/** Asks the guards, then puts records and manifest of the next version into the transaction. */
function takeOver(
  workspace: Workspace,
  repository: RepositorySettings,
  whole: SourceRead,
  transaction: Transaction,
  options: SyncOptions,
): TakenOver {
  const { store, clock } = workspace;
  const { name } = repository;
  const history = store.repository(name)?.history;
  const gone = store.takenDown();
  const before = history === undefined ? emptyIndex : store.versions.of(name, latestVersion(history).root);
  // What was taken down is not missed, whether the source still has it or not.
  const missed = gone.size === 0 ? before.entries : before.entries.filter(({ digest }) => !gone.has(digest));
  if (!options.allowShrink) checkShrink(repository, missed, whole.listing.entries);
  const read = leaveOutTakenDown(workspace, name, whole, gone);
  const at = timestampFromSeconds(clock.now());
  const { entries, changed } = nextEntries(workspace, repository, read, before.entries, at);
  const manifest = read.listing.manifest === undefined ? undefined : transaction.putText(read.listing.manifest);
  const events: HistoryEvent[] = history === undefined ? [...beginning(transaction, name, at)] : [];
  let index: VersionIndex | undefined;
  if (changed.size > 0) {
    const { directories } = before;
    index = {
      entries,
      ...planVersion(name, entries, (tree) => transaction.putTree(tree), { directories, changed }),
    };
    const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    events.push({ type: "version", at, version: nextVersion(history), root: index.root, files: entries.length, bytes });
  }
  if (manifest !== undefined && manifest.digest !== history?.upstreamManifest?.digest) {
    events.push({ type: "manifest", at, digest: manifest.digest, bytes: manifest.sizeBytes });
  }
  return { events, index, mutated: changed.size > 0 ? mutatedPaths(before.entries, entries) : [] };
}

const emptyIndex: Pick<VersionIndex, "entries" | "directories"> = { entries: [], directories: new Map() };

/** Under which a source remembers what became of its entries. Content that is taken down changes that, and is never given back. */
function tagOf(root: Digest, gone: ReadonlySet<Digest>): string {
  return `${root} ${gone.size}`;
}

/** The log lines that begin a repository: version 0, the empty one, so that even an empty repository can be published. */
export function beginning(transaction: Transaction, name: string, at: Timestamp): readonly HistoryEvent[] {
  const root = transaction.putTree({ repository: name, path: "", nodes: [] });
  return [{ type: "repository", at, name, root }];
}

/** The entries of the next version, and the directories with any that is not the very one of the version before. */
function nextEntries(
  { store }: Workspace,
  repository: RepositorySettings,
  { listing, stored }: SourceRead,
  before: readonly Entry[],
  at: Timestamp,
): { readonly entries: readonly Entry[]; readonly changed: ReadonlySet<string> } {
  const isAdditive = repository.remote?.type === "file" && repository.remote.mode === "additive";
  const gone = store.takenDown();
  const entries: Entry[] = [];
  const changed = new Set<string>();
  for (const [earlier, entry] of pairByPath(before, listing.entries)) {
    if (entry === undefined) {
      if (earlier === undefined) continue;
      if (isAdditive && !gone.has(earlier.digest)) entries.push(earlier);
      else markChanged(changed, earlier.path);
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
  if (isAdditive) checkOverlap(repository.name, entries);
  return { entries, changed };
}

/** Content that was not fetched: the version before has it under this path, or the pool has it. A manifest need not say its size. */
export function knownContent(
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
