import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { digits } from "../../src/model/cut-by-bits.ts";
import { editShards } from "../../src/model/edit-shards.ts";
import { openEventRows } from "../../src/model/event-rows.ts";
import { namesFor } from "../../src/model/history-range.ts";
import {
  cutShard,
  secondOf,
  mostShardBytes,
  shardKey,
  shardName,
  shardParts,
  splitEvents,
} from "../../src/model/history-shards.ts";
import type { EventTexts, Shard } from "../../src/model/history-shards.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { historyPartName, isHistoryName, readHistoryShard, renderHistoryShard } from "../../src/pages/history-json.ts";

/** Few letters, so that names and folders meet; some that are odd in JSON, in UTF-16 or in file names. */
const name = fc.string({
  unit: fc.constantFrom("a", "b", "A", "-", ".", "é", "😀", '"', "\\", "7"),
  minLength: 1,
  maxLength: 4,
});
const aPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
/** In each step how many events which paths get: some get hundreds, and no shard can hold them. A negative number takes that many of the newest away. */
const steps = fc.array(
  fc.dictionary(aPath, fc.constantFrom(1, 1, 2, 30, 300, -1, -40, -500), { noNullPrototype: false }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

describe("shards of what happened to paths", () => {
  it("are the same whether events come step by step or at once", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { texts, shards } = stepByStep(all);
        expect(facts(shards.values())).toEqual(facts(cutShard("", texts)));
      }),
      { numRuns: 120 },
    );
  });

  it("are the same of rows, which come in the order of checkpoints", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { texts } = stepByStep(all);
        const events = [...texts].flatMap(([path, list]) => splitEvents(list).map((event) => ({ path, event })));
        const rows = openEventRows();
        for (const { path, event } of events.toSorted((a, b) => (secondOf(a.event) < secondOf(b.event) ? -1 : 1)))
          rows.add(path, event);
        expect(facts(rows.takeShards())).toEqual(facts(cutShard("", texts)));
      }),
      { numRuns: 80 },
    );
  });

  it("have every path and every event under one prefix, in files that are bounded", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { texts } = stepByStep(all);
        const shards = cutShard("", texts);
        for (const [path, events] of texts) {
          const found = shards.filter(({ prefix }) => digits(shardKey(path)).startsWith(prefix));
          expect(found).toHaveLength(1);
          const parts = found.flatMap(shardParts).map((part) => part.get(path) ?? "");
          expect(parts.flatMap(splitEvents)).toEqual(splitEvents(events));
          expect(foundByName(path, shards)).toBe(found[0]);
        }
        const files = shards.flatMap((shard) => shardParts(shard).map((part, index) => textOf(shard, part, index)));
        for (const file of files) expect(Buffer.byteLength(file)).toBeLessThanOrEqual(mostShardBytes + 1000);
      }),
      { numRuns: 60 },
    );
  });

  it("are read back as they were written, from files with names of their own", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const shards = cutShard("", stepByStep(all).texts);
        const names = shards.flatMap((shard) =>
          shardParts(shard).map((_, index) => historyPartName(shardName(shard.prefix), index + 1)),
        );
        expect(new Set(names).size).toBe(names.length);
        for (const one of names) {
          expect(isHistoryName(one)).toBe(true);
          expect(one.length).toBeLessThan(255);
        }
        for (const shard of shards) {
          for (const [index, part] of shardParts(shard).entries()) {
            const text = textOf(shard, part, index);
            expect(() => JSON.parse(text)).not.toThrow();
            expect(readHistoryShard(text)).toEqual(part);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("put later events of one path into its last part alone", () => {
    const before = shardParts(onlyShard(new Map([["Packages", eventsOf(1, 2000)]])));
    const later = shardParts(onlyShard(new Map([["Packages", eventsOf(1, 2001)]])));
    expect(before.length).toBeGreaterThan(2);
    expect(later.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it("are few and no longer than what is in them where thousands of folders have one name", () => {
    const texts = new Map(Array.from({ length: 5000 }, (_, index) => [`dists/${index}/InRelease`, eventsOf(1, 2)]));
    const shards = cutShard("", texts);
    expect(shards.every(({ weight }) => weight <= mostShardBytes)).toBe(true);
    const all = shards.reduce((sum, { weight }) => sum + weight, 0);
    expect(all / shards.length).toBeGreaterThan(mostShardBytes / 3);
  });

  it("cost nothing that no name has: a change touches the shard of its name", () => {
    const texts = new Map(
      Array.from({ length: 20_000 }, (_, index) => [`pool/${index % 97}/p${index}.deb`, eventsOf(1, 3)]),
    );
    const shards = cutShard("", texts);
    const read: string[] = [];
    const { replaced } = editShards({
      weights: new Map(shards.map(({ prefix, weight }) => [prefix, weight])),
      edited: new Map([["pool/5/p5.deb", (before) => `${before ?? ""},${eventsOf(4, 1)}`]]),
      read: (prefix) => {
        read.push(prefix);
        return shards.find((shard) => shard.prefix === prefix)?.texts ?? new Map();
      },
    });
    expect(replaced).toEqual(read);
    expect(read).toHaveLength(1);
    expect(digits("p5.deb/").startsWith(read[0] ?? "-")).toBe(true);
  });
});

/** Plays the steps on shards, and on the texts themselves. */
function stepByStep(all: readonly Readonly<Record<string, number>>[]): {
  texts: EventTexts;
  shards: ReadonlyMap<string, Shard>;
} {
  const texts = new Map<string, string>();
  const shards = new Map<string, Shard>();
  for (const [index, step] of all.entries()) {
    const edited = new Map(
      Object.entries(step).map(([path, count]) => {
        const edit = (before: string | undefined): string | undefined => {
          const events = splitEvents(before ?? "");
          const now =
            count < 0 ? events.slice(0, count) : [...events, ...splitEvents(eventsOf(1 + 1000 * index, count))];
          return now.length === 0 ? undefined : now.join(",");
        };
        const now = edit(texts.get(path));
        if (now === undefined) texts.delete(path);
        else texts.set(path, now);
        return [path, edit];
      }),
    );
    const weights = new Map([...shards].map(([prefix, { weight }]) => [prefix, weight]));
    const result = editShards({ weights, edited, read: (prefix) => shards.get(prefix)?.texts ?? new Map() });
    for (const prefix of result.replaced) shards.delete(prefix);
    for (const shard of result.shards) shards.set(shard.prefix, shard);
  }
  return { texts, shards };
}

/** As somebody does who has the names alone. */
function foundByName(path: string, shards: readonly Shard[]): Shard | undefined {
  const names = shards.map(({ prefix }) => shardName(prefix));
  const [found] = namesFor(names, { kind: "path", path });
  return shards.find(({ prefix }) => shardName(prefix) === found);
}

function facts(shards: Iterable<Shard>): readonly unknown[] {
  return [...shards]
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))
    .map((shard) => ({
      prefix: shard.prefix,
      weight: shard.weight,
      parts: shardParts(shard).map((part) => [...part]),
    }));
}

function onlyShard(texts: EventTexts): Shard {
  const [shard, ...others] = cutShard("", texts);
  if (shard === undefined || others.length > 0) throw new Error("not one shard");
  return shard;
}

function textOf({ prefix }: Shard, part: EventTexts, index: number): string {
  return renderHistoryShard(shardName(prefix), index + 1, part);
}

function eventsOf(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify([timestampFromSeconds(1_742_306_618 + first + index), "changed", 1000 + index, "0123456789abcdef"]),
  ).join(",");
}
