import { statSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import type { ChangeCounts } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { latestVersion } from "../../model/history.ts";
import type { History, HistoryEvent, Version } from "../../model/history.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { planTrees } from "../../model/tree.ts";
import { SourceNotReady } from "../../sources/source.ts";
import type { SourceEntry, StoredContent } from "../../sources/source.ts";
import type { StateLayout } from "../../store/state-layout.ts";
import type { Transaction } from "../../store/transaction.ts";
import { checkClock } from "../publish/clock.ts";
import { entriesOf } from "../entries.ts";
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
  const { store, clock, onProgress } = workspace;
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
    const whole = await readSource(workspace, repository, source, transaction, before);
    if (!options.acceptClock) checkClock(history, whole.began, whole.listing.serverSeconds);
    const gone = store.takenDown();
    // What was taken down is not missed, whether the source still has it or not.
    const missed = before.filter(({ digest }) => !gone.has(digest));
    if (!options.allowShrink) checkShrink(repository, missed, whole.listing.entries);
    const read = leaveOutTakenDown(workspace, repository.name, whole, gone);
    const at = timestampFromSeconds(clock.now());
    const entries = nextEntries(workspace, repository, read, before, at);
    const manifest = read.listing.manifest === undefined ? undefined : transaction.putText(read.listing.manifest);
    const events = commitPlan(repository.name, history, transaction, { entries, before, at, manifest });
    await transaction.seal();
    const from = history === undefined ? undefined : latestVersion(history);
    const stored = events.length === 0 ? store.repository(repository.name) : store.append(repository.name, events);
    if (stored === undefined) throw new Error("a sync ends with a history");
    const version = latestVersion(stored.history);
    const changed = version.version !== (from?.version ?? 0);
    const readTree = (digest: Digest) => store.tree(digest);
    const result: SyncedContent = {
      repository: repository.name,
      ready: true,
      began: timestampFromSeconds(read.began),
      version,
      changed,
      counts: countChanges(differenceOf(from?.root, version.root, readTree)),
      mutated: changed ? mutatedPaths(before, entries) : [],
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

/** The log lines that begin a repository: version 0, the empty one, so that even an empty repository can be published. */
export function beginning(transaction: Transaction, name: string, at: Timestamp): readonly HistoryEvent[] {
  const root = transaction.putTree({ repository: name, path: "", nodes: [] });
  return [{ type: "repository", at, name, root }];
}

function nextEntries(
  { store }: Workspace,
  repository: RepositorySettings,
  { listing, stored }: SourceRead,
  before: readonly Entry[],
  at: Timestamp,
): readonly Entry[] {
  const isAdditive = repository.remote?.type === "file" && repository.remote.mode === "additive";
  const gone = store.takenDown();
  const next: Entry[] = [];
  for (const [earlier, entry] of pairByPath(before, listing.entries)) {
    if (entry === undefined) {
      if (isAdditive && earlier !== undefined && !gone.has(earlier.digest)) next.push(earlier);
      continue;
    }
    const { digest, sizeBytes } = stored.get(entry.path) ?? knownContent(store.layout, entry, earlier);
    next.push(earlier?.digest === digest ? earlier : { path: entry.path, digest, sizeBytes, added: at });
  }
  if (isAdditive) checkOverlap(repository.name, next);
  return next;
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
