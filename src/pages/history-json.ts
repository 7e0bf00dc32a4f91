import { historyLine, shardName } from "../model/history-shards.ts";
import type { EventTexts } from "../model/history-shards.ts";

export const historyIndexName = "index.json";

/** Name of the file with a part of a shard; the first part is 1. Page scripts make it of the prefix, too. */
export function historyShardName(prefix: string, part: number): string {
  return `n-${shardName(prefix)}${part === 1 ? "" : `_p${part}`}.json`;
}

/** Whether a file of that name below `_asof/history/` was made by asof. */
export function isHistoryName(name: string): boolean {
  return name === historyIndexName || /^n-(?:[a-z0-9.-]|_[0-9a-f]{2})*(?:_p\d+)?\.json$/.test(name);
}

/** Which shards there are, by their names, and of how many parts each of them is. Nothing in it changes as long as that does not. */
export function renderHistoryIndex(repository: string, shards: ReadonlyMap<string, number>): string {
  const named = Array.from(shards, ([prefix, parts]) => [shardName(prefix), parts]);
  return `${JSON.stringify({ schemaVersion: 1, repository, shards: Object.fromEntries(named) })}\n`;
}

/** A part of a shard: a line a path, so that it is read back without a parser of JSON. */
export function renderHistoryShard(prefix: string, part: number, texts: EventTexts): string {
  const lines = Array.from(texts, ([path, events]) => historyLine(path, events));
  return `{"schemaVersion":1,"shard":"${shardName(prefix)}","part":${part},"paths":[\n${lines.join(",\n")}\n]}\n`;
}

/** What `renderHistoryShard` was given. Only for text that it made. */
export function readHistoryShard(text: string): EventTexts {
  const texts = new Map<string, string>();
  for (const line of text.split("\n").slice(1, -2)) {
    // Quotes of a path are escaped: nothing in it looks like this.
    const end = line.indexOf(between);
    const path: unknown = JSON.parse(line.slice(`{"path":`.length, end + 1));
    if (typeof path !== "string") throw new TypeError(`a line of a shard has no path: ${line}`);
    texts.set(path, line.slice(end + between.length, line.lastIndexOf("]}")));
  }
  return texts;
}

const between = '","events":[';
