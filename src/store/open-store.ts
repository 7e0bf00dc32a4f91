import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";
import type { Digest } from "../model/digest.ts";
import { foldHistory } from "../model/history.ts";
import type { History, HistoryEvent } from "../model/history.ts";
import { parseTree } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import { readIfThere, replaceFile } from "./disk.ts";
import { appendToLog, emptyLog, readLog } from "./log.ts";
import type { RepositoryLog } from "./log.ts";
import { stateLayout } from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";
import { beginTransaction } from "./transaction.ts";
import type { Transaction } from "./transaction.ts";

/** The state directory, opened. Writing needs the lock; reading does not. */
export interface Store {
  readonly layout: StateLayout;
  /** The log as last read or written by this process, and what it says; undefined while the repository has none. */
  repository(name: string): StoredRepository | undefined;
  /** Every repository that has a history, also those that left the configuration. */
  repositoryNames(): readonly string[];
  /** Commits events to a repository's log, durably. The first event creates it. */
  append(name: string, events: readonly HistoryEvent[]): StoredRepository;
  /** The record of a directory. Throws DAMAGE when it is missing or none. */
  tree(digest: Digest): Tree;
  begin(): Transaction;
  /** Removes what runs that died left in state/incoming, and finishes deletions. Needs the lock. */
  recover(): Promise<void>;
}

export interface StoredRepository {
  readonly log: RepositoryLog;
  readonly history: History;
}

const format = { format: "asof-state", version: 1 };

/**
 * Opens the state directory, making it first when `create` is set; with `never` one that is not there is read as an empty one. Throws STATE_FORMAT for a directory of another version or one that is something else: asof
 * never writes into a directory that it did not make.
 */
export function openStore(
  root: string,
  options: { readonly create: boolean | "never"; readonly now: () => number },
): Store {
  const layout = stateLayout(root);
  if (options.create === true) createState(layout);
  if (options.create !== "never") checkFormat(layout);
  const repositories = new Map<string, StoredRepository>();
  const trees = new Map<Digest, Tree>();

  function repository(name: string): StoredRepository | undefined {
    const known = repositories.get(name);
    if (known !== undefined) return known;
    const log = readLog(layout.log(name));
    return log.events.length === 0 ? undefined : remember(name, log);
  }

  function remember(name: string, log: RepositoryLog): StoredRepository {
    const stored = { log, history: foldHistory(log.events) };
    repositories.set(name, stored);
    return stored;
  }

  function tree(digest: Digest): Tree {
    const known = trees.get(digest);
    if (known !== undefined) return known;
    const parsed = parseTree(readIfThere(layout.tree(digest))?.toString("utf8") ?? "");
    if (parsed === undefined) {
      throw new Failure("DAMAGE", `the record ${layout.tree(digest)} is missing or damaged`, {
        hint: "restore state/ from a backup; nothing was written",
      });
    }
    // Bounded: a walk over a large history must not keep all of it.
    if (trees.size >= 2000) trees.clear();
    trees.set(digest, parsed);
    return parsed;
  }

  return {
    layout,
    repository,
    repositoryNames: () => readdirSync(path.join(layout.root, "repositories")).toSorted(),
    append: (name, events) => remember(name, appendToLog(layout.log(name), repository(name)?.log ?? emptyLog, events)),
    tree,
    begin: () => beginTransaction(layout, options.now),
    recover: async () => {
      for (const folder of [layout.incoming, layout.trash]) {
        if (readdirSync(folder).length === 0) continue;
        const { emptyDir } = await import("fs-extra/esm");
        await emptyDir(folder);
      }
    },
  };
}

/** Whether there is a state directory at all: reading commands say so in words of their own. */
export function storeExists(root: string): boolean {
  return readIfThere(stateLayout(root).format) !== undefined;
}

/** Makes the state directory's folder, or throws CONFIG when there is one that holds anything that asof did not make. */
export function prepareStateDirectory(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (storeExists(root)) return;
  // A run that died before FORMAT was written left a lock and empty folders.
  if (readdirSync(root).some((name) => name !== "lock" && name !== "lock-probe" && !folders.has(name))) {
    throw new Failure("CONFIG", `the state directory ${root} is not empty and was not made by asof`, {
      hint: "name an empty or new directory as state:",
    });
  }
}

function createState(layout: StateLayout): void {
  if (readIfThere(layout.format) !== undefined) return;
  prepareStateDirectory(layout.root);
  for (const name of folders) mkdirSync(path.join(layout.root, name), { recursive: true, mode: 0o700 });
  replaceFile(layout.format, `${JSON.stringify({ ...format, id: randomUUID() })}\n`, 0o600);
}

const folders: ReadonlySet<string> = new Set([
  "objects",
  "trees",
  "repositories",
  "plain",
  "cache",
  "incoming",
  "trash",
]);

function checkFormat(layout: StateLayout): void {
  let text: string;
  try {
    text = readFileSync(layout.format, "utf8");
  } catch (cause) {
    if (!hasErrorCode(cause, "ENOENT", "ENOTDIR")) throw cause;
    throw new Failure("STATE_FORMAT", `there is no state directory at ${layout.root}`, {
      cause,
      hint: "run asof update first, or correct state: in the configuration",
    });
  }
  if (text.includes(`"format":"${format.format}","version":${format.version},`)) return;
  throw new Failure("STATE_FORMAT", `${layout.format} names a format that this asof does not know`, {
    hint: "use the asof that made it, or a newer one",
  });
}
