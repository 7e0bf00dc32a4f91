import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { compareNames } from "../../src/model/compare-names.ts";
import { historyQueries, isInParts, isMeant, namesFor } from "../../src/model/history-range.ts";
import type { HistoryQuery } from "../../src/model/history-range.ts";
import { cutShard, shardName, shardParts } from "../../src/model/history-shards.ts";
import {
  historyIndexName,
  historyPageName,
  historyPartName,
  isHistoryName,
  renderHistoryIndex,
  renderHistoryShard,
} from "../../src/pages/history-json.ts";

describe("files that say since when", () => {
  const paths = Array.from({ length: 30_000 }, (_, index) => {
    const folder = `${["lib", "python3-", "Golang-", "x", "ä"][index % 5] ?? ""}${index % 211}`;
    return `pool/${index % 7}/${folder}/${folder}_${1 + (index % 3)}.${index}-1_amd64.deb`;
  });
  const files = filesOf(["README", "dists/a/README", ...paths]);

  it("are short, each of them", () => {
    const lengths = [...files.values()].map((text) => Buffer.byteLength(text));
    expect(lengths.length).toBeGreaterThan(500);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(8192);
    expect([...files.keys()].every(isHistoryName)).toBe(true);
    expect([...files.keys()].filter((name) => name.startsWith("i-")).length).toBeGreaterThan(1);
  });

  it("have a path in one of three files", () => {
    for (const path of ["README", "dists/a/README", ...paths.filter((_, index) => index % 997 === 0)]) {
      const { found, bytes } = lookUp(files, historyQueries(path).path);
      expect(found).toEqual([path]);
      expect(bytes).toBeLessThan(25_000);
    }
    for (const path of ["", "pool", "A", "pool/1/lib1", "ÿ"]) {
      expect(lookUp(files, historyQueries(path).path).found).toEqual([]);
    }
  });

  it("have names that begin with some letters beside each other, small and capital ones alike", () => {
    const expected = paths.filter((path) => path.includes("/Golang-87_")).toSorted(compareNames);
    const { found, bytes } = lookUp(files, historyQueries("golang-87_").prefix);
    expect(found.toSorted(compareNames)).toEqual(expected);
    expect(bytes).toBeLessThan(50_000);
    expect(lookUp(files, historyQueries("ReadMe").prefix).found.toSorted()).toEqual(["README", "dists/a/README"]);
    expect(lookUp(files, historyQueries("dists/a/r").prefix).found).toEqual(["dists/a/README"]);
  });

  it("are found by any path and by any beginning of a name, whatever letters are in it", () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "b", "A", "-", ".", "é", "😀", '"', "\\", "7", "_"),
      minLength: 1,
      maxLength: 3,
    });
    const aPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(aPath, { minLength: 1, maxLength: 300 }), fc.array(name), (some, beginnings) => {
        // Of some paths there is more than one file can hold.
        const all = filesOf(some, (path) => (path.startsWith("a") ? 300 : 30));
        for (const path of [...some, ...beginnings]) {
          const there = some.includes(path);
          expect(lookUp(all, historyQueries(path).path).found).toEqual(there ? [path] : []);
          const { prefix } = historyQueries(path);
          const expected = some.filter((one) => isMeant(one, prefix));
          expect(lookUp(all, prefix).found.toSorted(compareNames)).toEqual(expected.toSorted(compareNames));
          expect(expected.includes(path) || !there).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("have an index without names where nothing is told", () => {
    expect([...filesOf([])]).toEqual([
      [historyIndexName, '{"schemaVersion":1,"repository":"repo","shards":[],"parts":{}}\n'],
    ]);
    expect(lookUp(filesOf([]), historyQueries("a").prefix).found).toEqual([]);
  });
});

/** As whoever has nothing but the documented format does. */
function lookUp(
  files: ReadonlyMap<string, string>,
  query: HistoryQuery,
): { readonly found: readonly string[]; readonly bytes: number } {
  let bytes = 0;
  const get = (name: string): unknown => {
    const text = files.get(name);
    if (text === undefined) throw new Error(`${name} is not there`);
    bytes += Buffer.byteLength(text);
    return JSON.parse(text);
  };
  const top = index.parse(get(historyIndexName));
  const pages =
    top.pages === undefined
      ? [top]
      : namesFor(top.pages, query).map((name) =>
          index.extend({ page: z.literal(name) }).parse(get(historyPageName(name))),
        );
  const found = new Set<string>();
  for (const { shards = [], parts = {} } of pages) {
    for (const name of namesFor(shards, query)) {
      if (parts[name] !== undefined && !isInParts(name, query)) continue;
      for (let part = 1; part <= (parts[name] ?? 1); part++) {
        const file = shard.parse(get(historyPartName(name, part)));
        for (const { path } of file.paths) if (isMeant(path, query)) found.add(path);
      }
    }
  }
  return { found: [...found], bytes };
}

function filesOf(paths: readonly string[], events: (path: string) => number = () => 3): ReadonlyMap<string, string> {
  const event = JSON.stringify(["20250318T140338Z", "added", 1000, "0123456789abcdef"]);
  const textOf = (path: string): string => Array.from({ length: events(path) }, () => event).join(",");
  const shards = cutShard("", new Map(paths.map((path) => [path, textOf(path)])));
  const files = new Map<string, string>();
  for (const one of shards) {
    for (const [at, part] of shardParts(one).entries())
      files.set(
        historyPartName(shardName(one.prefix), at + 1),
        renderHistoryShard(shardName(one.prefix), at + 1, part),
      );
  }
  const counted = shards.map((one) => ({
    prefix: one.prefix,
    name: shardName(one.prefix),
    parts: shardParts(one).length,
  }));
  for (const [name, content] of renderHistoryIndex("repo", counted)) files.set(name, content);
  return files;
}

const index = z.strictObject({
  schemaVersion: z.literal(1),
  repository: z.literal("repo"),
  page: z.string().optional(),
  pages: z.array(z.string()).optional(),
  shards: z.array(z.string()).optional(),
  parts: z.record(z.string(), z.number()).optional(),
});
const shard = z.looseObject({ paths: z.array(z.looseObject({ path: z.string() })) });
