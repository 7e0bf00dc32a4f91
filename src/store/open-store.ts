import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";

import { Failure } from "../failure.ts";
import type { Digest } from "../model/digest.ts";
import { openHistoryFold } from "../model/fold-history.ts";
import type { HistoryFold } from "../model/fold-history.ts";
import type { History, HistoryEvent } from "../model/history.ts";
import { parseTree } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import { readIfThere, replaceFile, syncDirectory, syncFileSystem } from "./disk.ts";
import { lineIndexOf } from "./line-index.ts";
import { endOf, linesOf, openLog } from "./log.ts";
import type { OpenLog, RepositoryLog } from "./log.ts";
import { readPart } from "./log-bytes.ts";
import { parseLogLine } from "./log-line.ts";
import { readLogMemory, writeLogMemory } from "./log-memory.ts";
import type { LogMemory } from "./log-memory.ts";
import { checkFormat, createState } from "./state-directory.ts";
import { stateLayout } from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";
import { beginTransaction } from "./transaction.ts";
import type { Transaction } from "./transaction.ts";
import { openVersionIndexes } from "./version-index.ts";
import type { VersionIndexes } from "./version-index.ts";

/** The state directory, opened. Writing needs the lock; reading does not. */
export interface Store {
  readonly layout: StateLayout;
  /** The log as last read or written by this process, and what it says; undefined while the repository has none. */
  repository(name: string): StoredRepository | undefined;
  /** Every repository that has a history, also those that left the configuration. */
  repositoryNames(): readonly string[];
  /** All that the log of a repository says, read anew; nothing where it has none. */
  events(name: string): readonly HistoryEvent[];
  /** What the lines of a log say that come after the first so many. */
  eventsAfter(name: string, lines: number): readonly HistoryEvent[];
  /** Commits events to a repository's log, durably. The first event creates it. */
  append(name: string, events: readonly HistoryEvent[]): StoredRepository;
  /** Puts a whole log in the place of one that is its beginning, or of none, and events of our own behind it: all of it by one rename. */
  replaceLog(
    name: string,
    log: { readonly lines: readonly string[]; readonly digests: readonly Digest[] },
    added: readonly HistoryEvent[],
  ): void;
  /** Every content that was taken down, whichever repository's log says so: it must not come back through another one. */
  takenDown(): ReadonlySet<Digest>;
  /** The record of a directory. Throws DAMAGE when it is missing or none. */
  tree(digest: Digest): Tree;
  /** Whole versions as lists. */
  readonly versions: VersionIndexes;
  begin(): Transaction;
  /** Makes everything written so far durable, and what lies in the trash with it. */
  barrier(): Promise<void>;
  /**
   * Removes what runs that died left in state/incoming, and finishes deletions. Needs the lock. What has no name that asof gives is somebody else's: it stays, and its paths are returned.
   */
  recover(): Promise<readonly string[]>;
  /** Writes down what long logs say, where much has come since that was done: the next run need not work off every line. Needs the lock. */
  rememberLogs(): void;
}

export interface StoredRepository {
  /** Grows with what this process appends. */
  readonly log: RepositoryLog;
  readonly history: History;
}

interface OpenRepository {
  readonly log: OpenLog;
  readonly fold: HistoryFold;
  /** Lines that did not have to be worked off. */
  readonly remembered: number;
}

/** To work them off takes some milliseconds, and to write down what a log of 20,000 lines says some more. */
const mostUnremembered = 512;

/**
 * Opens the state directory, making it first when `create` is set; with `never` one that is not there is read as an empty one. Throws STATE_FORMAT for a directory of another version or one that is something else: asof
 * never writes into a directory that it did not make.
 */
export function openStore(
  root: string,
  options: {
    readonly create: boolean | "never";
    readonly now: () => number;
    /** `false` works off every line of every log, whatever is remembered of it. */
    readonly trusting?: boolean | undefined;
  },
): Store {
  const layout = stateLayout(root);
  if (options.create === true) createState(layout);
  if (options.create !== "never") checkFormat(layout);
  const repositories = new Map<string, OpenRepository>();
  /** What went into the trash before the last barrier; its names are never given again. */
  const durableTrash = new Set<string>();
  const trees = new Map<Digest, Tree>();
  let keptNodes = 0;

  function repository(name: string): StoredRepository | undefined {
    const { log, fold } = openRepository(name);
    return log.lines.length === 0 ? undefined : { log: log.lines, history: fold.history() };
  }

  function openRepository(name: string): OpenRepository {
    const known = repositories.get(name);
    if (known !== undefined) return known;
    const opened = readRepository(name);
    // Where there is no log yet, another writer may begin one while this process only reads.
    if (opened.log.lines.length > 0) repositories.set(name, opened);
    return opened;
  }

  function readRepository(name: string): OpenRepository {
    let fold = openHistoryFold();
    let remembered = 0;
    let contradiction: unknown;
    const add = (event: HistoryEvent): void => {
      if (contradiction !== undefined) return;
      try {
        fold.add(event);
      } catch (error) {
        contradiction = error;
      }
    };
    const onMemory = ({ history, lines }: LogMemory): void => {
      remembered = lines.length;
      fold = openHistoryFold({ history, lines: remembered });
    };
    const memory = options.trusting === false ? undefined : readLogMemory(memoryFile(name));
    const log = openLog(layout.log(name), add, memory && { memory, onMemory });
    // Damage further on says more: a line is only known to be whole when the next one was read.
    if (contradiction !== undefined) throw contradiction;
    return { log, fold, remembered };
  }

  function events(name: string): readonly HistoryEvent[] {
    const all: HistoryEvent[] = [];
    openLog(layout.log(name), (event) => void all.push(event));
    return all;
  }

  function eventsAfter(name: string, lines: number): readonly HistoryEvent[] {
    const { log } = openRepository(name);
    const tail = readPart(layout.log(name), log.lines.endAt(lines - 1), log.lines.endAt(log.lines.length - 1));
    // They were checked when the log was opened.
    return tail.split("\n").flatMap((line) => parseLogLine(line)?.event ?? []);
  }

  function append(name: string, added: readonly HistoryEvent[]): StoredRepository {
    const opened = openRepository(name);
    opened.log.append(added);
    for (const event of added) opened.fold.add(event);
    repositories.set(name, opened);
    return { log: opened.log.lines, history: opened.fold.history() };
  }

  function rememberLogs(): void {
    for (const [name, { log, fold, remembered }] of repositories) {
      if (log.lines.length - remembered <= mostUnremembered) continue;
      writeLogMemory(memoryFile(name), { ...log.known(), history: fold.history() });
    }
  }

  function memoryFile(name: string): string {
    return layout.cacheFile(`${name}.log`);
  }

  function tree(digest: Digest): Tree {
    const known = trees.get(digest);
    if (known !== undefined) return known;
    const parsed = parseTree(readIfThere(layout.tree(digest))?.toString("utf8") ?? "");
    if (parsed === undefined) {
      throw new Failure("DAMAGE", `the record ${layout.tree(digest)} is missing or damaged`, {
        hint: "asof verify --repair makes it again from the site where it can; or restore state/ from a backup; nothing was written",
      });
    }
    keep(digest, parsed);
    return parsed;
  }

  /** Bounded: a walk over a large history must not keep all of it. */
  function keep(digest: Digest, record: Tree): void {
    if ((keptNodes += record.nodes.length + 1) > 400_000) {
      trees.clear();
      keptNodes = record.nodes.length + 1;
    }
    trees.set(digest, record);
  }

  function repositoryNames(): readonly string[] {
    return options.create === "never" ? [] : readdirSync(path.join(layout.root, "repositories")).toSorted();
  }

  function takenDown(): ReadonlySet<Digest> {
    return new Set(repositoryNames().flatMap((name) => [...(repository(name)?.history.takenDown.keys() ?? [])]));
  }

  return {
    layout,
    repository,
    repositoryNames,
    events,
    eventsAfter,
    takenDown,
    append,
    replaceLog: (name, log, added) => {
      mkdirSync(layout.repository(name), { recursive: true, mode: 0o700 });
      replaceFile(
        layout.log(name),
        log.lines.map((line) => `${line}\n`).join("") + linesOf(endOf(lineIndexOf(log.digests)), added).text,
        0o600,
      );
      syncDirectory(path.dirname(layout.repository(name)));
      repositories.delete(name);
    },
    tree,
    versions: openVersionIndexes((name) => layout.cacheFile(`${name}.version`), tree),
    begin: () => beginTransaction(layout, options.now, takenDown, keep),
    barrier: async () => {
      const trash = namesIn(layout.trash).ours;
      await syncFileSystem(layout.root);
      for (const one of trash) durableTrash.add(one);
    },
    recover: async () => {
      const [incoming, trash] = [layout.incoming, layout.trash].map(namesIn);
      // What went into the trash is durably there before it is taken apart: a power loss must not bring half of it back.
      // And a run that died with a transaction may have given names that the next one takes for durable.
      const isDue = trash?.ours.some((one) => !durableTrash.has(one)) === true || incoming?.ours.length !== 0;
      if (isDue) await syncFileSystem(layout.root);
      for (const one of [...(incoming?.ours ?? []), ...(trash?.ours ?? [])]) await rm(one, { recursive: true });
      return [...(incoming?.foreign ?? []), ...(trash?.foreign ?? [])];
    },
    rememberLogs,
  };
}

/** What lies in a folder in which asof gives every name itself: transactions and trash have names of `randomUUID`. */
function namesIn(folder: string): { readonly ours: readonly string[]; readonly foreign: readonly string[] } {
  const names = readdirSync(folder);
  const paths = (some: readonly string[]): readonly string[] => some.map((name) => path.join(folder, name));
  return { ours: paths(names.filter(isUuid)), foreign: paths(names.filter((name) => !isUuid(name))) };
}

function isUuid(name: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
}
