import { bytesOf, cutByBits } from "../model/cut-by-bits.ts";
import { historyLine, shardName } from "../model/history-shards.ts";
import type { EventTexts } from "../model/history-shards.ts";

// Files of three kinds, each of at most 8 kB as long as fewer than some five million events are told:
//
//   index.json      {"schemaVersion":1,"repository":"myfile","shards":["","lib","packages.gz"],"parts":{"packages.gz":3}}
//                   or, where that were longer, {"schemaVersion":1,"repository":"myfile","pages":["","lib"]}
//   i-lib.json      a page of the index: {"schemaVersion":1,"repository":"myfile","page":"lib","shards":["lib","libs"],"parts":{}}
//   n-libs.json     a shard: {"schemaVersion":1,"shard":"libs","part":1,"paths":[{"path":"pool/libssl3.deb","events":[["20250301T060204Z","added",1934032,"5f0ac0…"]]}]}
//   n-libs_p2.json  a further part of it, with later events
//
// A path's key is `name/folder//` in bytes of UTF-8, the name with small letters in place of A-Z (`libssl3.deb/pool//`, `readme///` at the top): whoever knows how a name begins knows between which keys it stands. A name
// of the index is the least key of what it stands for (`_` and two hexadecimal digits are a byte); names are in order of these keys. A key is in the last one that is not after it; keys that begin alike are in that one and in those after it
// that begin so, too. All keys in a shard of several parts begin with its name: what does not is not in it. `model/history-range.ts` is the reader's half.

export const historyIndexName = "index.json";

/** Name of the file with a part of a shard; the first part is 1. */
export function historyPartName(shard: string, part: number): string {
  return `n-${shard}${part === 1 ? "" : `_p${part}`}.json`;
}

export function historyPageName(page: string): string {
  return `i-${page}.json`;
}

/** Whether a file of that name below `_asof/history/` was made by asof. */
export function isHistoryName(name: string): boolean {
  return name === historyIndexName || /^[in]-(?:[a-z0-9.-]|_[0-9a-f]{2})*(?:_p\d+)?\.json$/.test(name);
}

/** How long a page of the index is at most, in bytes of names. */
const mostIndexBytes = 8000;

/**
 * Which shards there are, and those of them that have more than one part, with how many: one file, or pages and then what names them. Nothing in a page changes as long as its own shards are the same. Their prefixes
 * are given in order.
 */
export function* renderHistoryIndex(
  repository: string,
  shards: Iterable<{ readonly prefix: string; readonly name: string; readonly parts: number }>,
): Generator<readonly [name: string, content: string], void, undefined> {
  const entries = Array.from(shards, ({ prefix, name, parts }) => {
    const weight = name.length + '"",'.length + (parts === 1 ? 0 : name.length + `"":${parts},`.length);
    return { key: bytesOf(prefix), bits: prefix.length, name, parts, weight };
  });
  const list = {
    count: entries.length,
    key: (index: number): string => entries[index]?.key ?? "",
    bits: (index: number): number => entries[index]?.bits ?? 0,
    weight: (index: number): number => entries[index]?.weight ?? 0,
  };
  const pages = cutByBits("", list, mostIndexBytes);
  const listed = ({ from, until }: { from: number; until: number }): object => {
    const here = entries.slice(from, until);
    const several = here.filter(({ parts }) => parts > 1);
    return {
      shards: here.map(({ name }) => name),
      parts: Object.fromEntries(several.map(({ name, parts }) => [name, parts])),
    };
  };
  const head = { schemaVersion: 1, repository };
  const print = (facts: object): string => `${JSON.stringify({ ...head, ...facts })}\n`;
  if (pages.length <= 1) {
    yield [historyIndexName, print(listed({ from: 0, until: entries.length }))];
    return;
  }
  const names = pages.map(({ prefix }) => shardName(prefix));
  for (const [at, page] of pages.entries()) {
    const name = names[at] ?? "";
    yield [historyPageName(name), print({ page: name, ...listed(page) })];
  }
  yield [historyIndexName, print({ pages: names })];
}

/** A part of a shard: a line a path, so that it is read back without a parser of JSON. */
export function renderHistoryShard(shard: string, part: number, texts: EventTexts): string {
  const lines = Array.from(texts, ([path, events]) => historyLine(path, events));
  return `{"schemaVersion":1,"shard":"${shard}","part":${part},"paths":[\n${lines.join(",\n")}\n]}\n`;
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
