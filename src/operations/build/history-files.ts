import { hash } from "node:crypto";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { editShards } from "../../model/edit-shards.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { History } from "../../model/history.ts";
import { editsAfter } from "../../model/history-regions.ts";
import { eventText, shardName, shardParts } from "../../model/history-shards.ts";
import type { EventTexts, Shard } from "../../model/history-shards.ts";
import { openEventRows } from "../../model/event-rows.ts";
import { eventsIn } from "../../model/path-events.ts";
import {
  historyPartName,
  isHistoryName,
  readHistoryShard,
  renderHistoryIndex,
  renderHistoryShard,
} from "../../pages/history-json.ts";
import { namesIfThere, readIfThere } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";
import { headText } from "./describe-site.ts";
import { forgetHistory, printHistoryMemory, readHistoryMemory, writeHistoryMemory } from "./history-memory.ts";
import type { MemoryContext, WrittenShard, WrittenShards } from "./history-memory.ts";
import type { MadeFiles } from "./made-files.ts";
import { hasContent } from "./site-files.ts";
import type { GeneratedFile } from "./site-files.ts";

/** What a build has to do about the files that say since when each path is as it is. */
export interface HistoryFilesPlan {
  /** All of them where every byte was compared, else those that were looked at. */
  readonly files: readonly GeneratedFile[];
  readonly differing: readonly GeneratedFile[];
  readonly stale: readonly string[];
  /** To be called before any of them is written. */
  begin(): void;
  /** To be called once all of them are staged: what they hold is not asked for again, and may be much. */
  letGo(): void;
  /** Writes down how they stand after the build. Needs the lock. */
  remember(): void;
}

/**
 * Plans the files below `_asof/history/` of every checkpoint distribution. What a build left is followed up from the checkpoints that came or went since, and only shards with a path that differs in those are read and
 * made; where that cannot be trusted, all are made of the records of all kept checkpoints.
 */
export function planHistoryFiles(
  workspace: Workspace,
  { made, trusting }: { readonly made: Pick<MadeFiles, "holds">; readonly trusting: boolean },
): HistoryFilesPlan {
  const plans = workspace.config.repositories.map(({ name, history }) => {
    const bases = workspace.config.distributions
      .filter(({ repository, checkpoint }) => checkpoint && repository === name)
      .map(({ basePath }) => workspace.publicLayout.history(basePath));
    const madeOf = `history ${history} ${bases.join(" ")} ${headText(workspace, name)}`;
    let plan: HistoryFilesPlan | undefined;
    const isWhole = (): boolean => {
      plan ??= history ? planRepository(workspace, name, bases, trusting) : planNone(bases);
      return plan.differing.length + plan.stale.length === 0;
    };
    for (const folder of bases) made.holds(folder, madeOf, isWhole);
    return plan ?? nothing;
  });
  return {
    files: plans.flatMap(({ files }) => files),
    differing: plans.flatMap(({ differing }) => differing),
    stale: plans.flatMap(({ stale }) => stale),
    begin: () => {
      for (const plan of plans) plan.begin();
    },
    letGo: () => {
      for (const plan of plans) plan.letGo();
    },
    remember: () => {
      for (const plan of plans) plan.remember();
    },
  };
}

const nothing: HistoryFilesPlan = {
  files: [],
  differing: [],
  stale: [],
  begin: () => {},
  letGo: () => {},
  remember: () => {},
};

function planNone(folders: readonly string[]): HistoryFilesPlan {
  return { ...nothing, stale: folders.flatMap((folder) => oursIn(folder).map((name) => path.join(folder, name))) };
}

/** What the shards of a repository have to be. Of `contents` those are there that were made. */
interface Wanted {
  readonly shards: WrittenShards;
  readonly contents: Map<string, string>;
}

function planRepository(
  workspace: Workspace,
  repository: string,
  folders: readonly string[],
  trusting: boolean,
): HistoryFilesPlan {
  const { store } = workspace;
  const history = store.repository(repository)?.history;
  if (folders.length === 0 || history === undefined || history.checkpoints.length === 0) return nothing;
  const memoryFile = store.layout.cacheFile(`${repository}.paths`);
  const context = { history, takenDown: [...store.takenDown().keys()] };
  const there = folders.map((folder) => new Set(oursIn(folder)));
  const followed = trusting ? followUp(workspace, context, memoryFile, folders) : undefined;
  const isEnough =
    followed !== undefined &&
    there.every((names) => fileNames(followed.shards).every((name) => names.has(name) || followed.contents.has(name)));
  const { shards, contents } = isEnough ? followed : fromRecords(workspace, history);
  const parts = Array.from(shards, ([prefix, { name, files }]) => ({ prefix, name, parts: files.length }));
  // The index comes last, and its beginning at the very end: what they name is there.
  const index = new Map(renderHistoryIndex(repository, parts));
  const wanted = new Set([...fileNames(shards), ...index.keys()]);
  const memory = printHistoryMemory(context, folders, shards);
  const [files, differing, stale]: [GeneratedFile[], GeneratedFile[], string[]] = [[], [], []];
  for (const [at, folder] of folders.entries()) {
    for (const name of [...contents.keys(), ...index.keys()]) {
      const file: GeneratedFile = {
        path: path.join(folder, name),
        get content() {
          const content = contents.get(name) ?? index.get(name);
          if (content === undefined) throw new Error(`${name} was let go`);
          return content;
        },
      };
      files.push(file);
      // What was followed up from what stands there has changed.
      const isOther = there[at]?.has(name) !== true || (isEnough && contents.has(name)) || !hasContent(file);
      if (isOther) differing.push(file);
    }
    for (const name of there[at] ?? []) if (!wanted.has(name)) stale.push(path.join(folder, name));
  }
  return {
    files,
    differing,
    stale,
    begin: () => {
      if (differing.length > 0) forgetHistory(memoryFile);
    },
    letGo: () => contents.clear(),
    remember: () => writeHistoryMemory(memoryFile, memory),
  };
}

/** What is other than it was left; undefined where nothing was left, or not so. */
function followUp(
  workspace: Workspace,
  context: MemoryContext & { readonly history: History },
  memoryFile: string,
  folders: readonly string[],
): Wanted | undefined {
  const { store } = workspace;
  const { history } = context;
  const memory = readHistoryMemory(memoryFile, context);
  const [folder] = folders;
  if (memory === undefined || folder === undefined || !folders.every((one) => memory.folders.includes(one)))
    return undefined;
  const isTakenDown = store.takenDown();
  try {
    const edited = editsAfter({
      before: memory.kept,
      now: keptCheckpoints(history),
      ever: history.checkpoints.map(({ created }) => created),
      read: (digest) => store.tree(digest),
      isTakenDown: (digest) => isTakenDown.has(digest),
    });
    if (edited === undefined) return undefined;
    const weights = new Map([...memory.shards].map(([prefix, { weight }]) => [prefix, weight]));
    const read = (prefix: string): EventTexts => readShard(folder, memory.shards.get(prefix));
    const { replaced, shards } = editShards({ weights, edited, read });
    const left = new Map(memory.shards);
    for (const prefix of replaced) left.delete(prefix);
    return wantedFrom(shards, left, memory.shards);
  } catch (error) {
    // Records of what was pruned may be swept, and files below public/ may be touched by anyone.
    if (error instanceof Failure && error.code === "DAMAGE") return undefined;
    throw error;
  }
}

function readShard(folder: string, written: WrittenShard | undefined): EventTexts {
  const texts = new Map<string, string>();
  for (const [index, sha256] of (written?.files ?? []).entries()) {
    const file = path.join(folder, historyPartName(written?.name ?? "", index + 1));
    const content = readIfThere(file);
    if (content === undefined || digestOf(content) !== sha256)
      throw new Failure("DAMAGE", `${file} is not as it was written`);
    for (const [place, events] of readHistoryShard(content.toString("utf8"))) {
      const before = texts.get(place);
      texts.set(place, before === undefined ? events : `${before},${events}`);
    }
  }
  return texts;
}

function fromRecords({ store, signal }: Workspace, history: History): Wanted {
  const rows = openEventRows();
  const kept = keptCheckpoints(history);
  const ever = history.checkpoints.map(({ created }) => created);
  const isTakenDown = store.takenDown();
  for (const [index, checkpoint] of kept.entries()) {
    signal.throwIfAborted();
    for (const event of eventsIn({ previous: kept[index - 1], checkpoint, ever }, (digest) => store.tree(digest))) {
      rows.add(event.path, eventText(event, event.kind !== "removed" && isTakenDown.has(event.sha256)));
    }
  }
  return wantedFrom(rows.takeShards(), new Map(), new Map());
}

/** Shards that were made beside those that were left; files that are as they were before are not among the contents. Texts are let go of as soon as they stand in a content. */
function wantedFrom(made: Iterable<Shard>, left: WrittenShards, before: WrittenShards): Wanted {
  const shards = new Map(left);
  const contents = new Map<string, string>();
  for (const shard of made) {
    const { prefix } = shard;
    const name = shardName(prefix);
    const files = shardParts(shard).map((part, index) => {
      const content = renderHistoryShard(name, index + 1, part);
      const sha256 = digestOf(content);
      if (before.get(prefix)?.files[index] !== sha256) contents.set(historyPartName(name, index + 1), content);
      return sha256;
    });
    shards.set(prefix, { name, weight: shard.weight, files });
  }
  return { shards: new Map([...shards].toSorted(([a], [b]) => (a < b ? -1 : 1))), contents };
}

/** In few letters: there may be thousands to remember. */
function digestOf(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url");
}

function fileNames(shards: WrittenShards): readonly string[] {
  return [...shards.values()].flatMap(({ name, files }) => files.map((_, index) => historyPartName(name, index + 1)));
}

function oursIn(folder: string): readonly string[] {
  return namesIfThere(folder).filter(isHistoryName);
}
