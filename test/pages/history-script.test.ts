import vm from "node:vm";

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { compareNames } from "../../src/model/compare-names.ts";
import { historyQueries, isMeant } from "../../src/model/history-range.ts";
import { cutShard, shardName, shardParts } from "../../src/model/history-shards.ts";
import { historyPartName, renderHistoryIndex, renderHistoryShard } from "../../src/pages/history-json.ts";
import { pageScriptContext } from "./page-script-context.ts";

describe("the page of histories", () => {
  it("finds every path by itself, and every name by how it begins, whatever letters are in it", async () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "b", "A", "-", ".", "é", "😀", '"', "\\", "7", "_"),
      minLength: 1,
      maxLength: 3,
    });
    const aPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(aPath, { minLength: 1, maxLength: 300 }),
        fc.array(aPath, { maxLength: 20 }),
        async (paths, others) => {
          const files = filesOf(new Map(paths.map((path) => [path, 30])));
          for (const typed of [...paths.slice(0, 20), ...others]) {
            const { prefix } = historyQueries(typed);
            const { found, isAll } = await find(files, typed, 10_000);
            expect(isAll).toBe(true);
            expect(Object.keys(found).toSorted(compareNames)).toEqual(
              paths.filter((path) => isMeant(path, prefix)).toSorted(compareNames),
            );
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("finds names in a shard that is called like something every object has", async () => {
    const names = [".html", "/a", "a.html", "z.html"];
    const paths = names.flatMap((end) => Array.from({ length: 20 }, (_, index) => `constructor${end}${index}`));
    const files = filesOf(new Map(paths.map((path) => [path, 5])));
    expect([...files.keys()]).toContain("n-constructor.json");
    const { found } = await find(files, "constructor", 100);
    expect(Object.keys(found)).toContain("constructor.html7");
  });

  it("reads no more than 50 kB of a hundred thousand paths at once, and says that there may be more", async () => {
    const paths = Array.from({ length: 100_000 }, (_, index) => `pool/${index % 7}/package-${index}_1.0-1_amd64.deb`);
    const files = filesOf(new Map(paths.map((path) => [path, 2])));
    const exact = await find(files, "pool/3/package-3_1.0-1_amd64.deb", 4);
    expect(Object.keys(exact.found)).toEqual(["pool/3/package-3_1.0-1_amd64.deb"]);
    expect(exact.bytes).toBeLessThan(50_000);
    const many = await find(files, "package-", 4);
    expect(many.isAll).toBe(false);
    expect(Object.keys(many.found).length).toBeGreaterThan(50);
    expect(many.bytes).toBeLessThan(50_000);
  });

  it("tells the newest of what happened to a path with more events than a file has", async () => {
    const files = filesOf(new Map([["dists/InRelease", 1000]]));
    const some = await find(files, "dists/InRelease", 2);
    const all = await find(files, "dists/InRelease", 100);
    expect(all.found["dists/InRelease"]).toHaveLength(1000);
    const newest = some.found["dists/InRelease"] ?? [];
    expect(newest.length).toBeLessThan(1000);
    expect(newest).toEqual(all.found["dists/InRelease"]?.slice(-newest.length));
    expect([some.isAll, all.isAll]).toEqual([false, true]);
  });
});

async function find(
  files: ReadonlyMap<string, string>,
  typed: string,
  most: number,
): Promise<{
  readonly found: Readonly<Record<string, readonly unknown[]>>;
  readonly isAll: boolean;
  readonly bytes: number;
}> {
  let bytes = 0;
  const read = (name: string): unknown => {
    const text = files.get(name);
    if (text === undefined) throw new Error(`${name} is not there`);
    bytes += Buffer.byteLength(text);
    return JSON.parse(text);
  };
  const context = pageScriptContext({ read: (name: string) => Promise.resolve(read(name)), typed, most });
  const told: unknown = await vm.runInContext(
    `findHistories(read, typed, most).then(({ histories, isAll }) => JSON.stringify({ found: Object.fromEntries(histories), isAll }))`,
    context,
  );
  return { ...answer.parse(JSON.parse(String(told))), bytes };
}

const answer = z.object({ found: z.record(z.string(), z.array(z.unknown())), isAll: z.boolean() });

/** Files that tell so many events of each path. */
function filesOf(paths: ReadonlyMap<string, number>): ReadonlyMap<string, string> {
  const eventsOf = (count: number): string =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify([`2025${String(index).padStart(4, "0")}T000000Z`, "changed", 1000, "0123456789abcdef"]),
    ).join(",");
  const shards = [...cutShard("", new Map([...paths].map(([path, count]) => [path, eventsOf(count)])))];
  const files = new Map<string, string>();
  for (const one of shards) {
    const name = shardName(one.prefix);
    for (const [at, part] of shardParts(one).entries())
      files.set(historyPartName(name, at + 1), renderHistoryShard(name, at + 1, part));
  }
  const counted = shards.map((one) => ({
    prefix: one.prefix,
    name: shardName(one.prefix),
    parts: shardParts(one).length,
  }));
  for (const [name, content] of renderHistoryIndex("repo", counted)) files.set(name, content);
  return files;
}
