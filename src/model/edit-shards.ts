import { digits } from "./cut-by-bits.ts";
import { cutShard, mostShardBytes, shardKey } from "./history-shards.ts";
import type { EventTexts, Shard } from "./history-shards.ts";

export interface ShardEdit {
  /** Prefix and weight of every shard. */
  readonly weights: ReadonlyMap<string, number>;
  /** The events of a path from now on; undefined where there are none left. */
  readonly edited: ReadonlyMap<string, (before: string | undefined) => string | undefined>;
  /** What a shard holds. */
  readonly read: (prefix: string) => EventTexts;
}

export interface EditedShards {
  /** Shards that are gone, or are other ones from now on. */
  readonly replaced: readonly string[];
  readonly shards: readonly Shard[];
}

/** Changes the events of some paths: what comes out is what `cutShard` would make of all paths, and only shards with one of those paths, or that are joined with such a one, are read. */
export function editShards({ weights, edited, read }: ShardEdit): EditedShards {
  const inner = innerPrefixes(weights.keys());
  const replaced = new Set<string>();
  const touched = new Map<string, Map<string, string>>();
  for (const [path, edit] of edited) {
    const prefix = prefixFor(path, weights, inner);
    const texts = touched.get(prefix) ?? new Map(take(prefix));
    touched.set(prefix, texts);
    const now = edit(texts.get(path));
    if (now === undefined) texts.delete(path);
    else texts.set(path, now);
  }
  const shards = new Map<string, Shard>();
  for (const [prefix, texts] of touched) for (const shard of cutShard(prefix, texts)) shards.set(shard.prefix, shard);
  for (const prefix of touched.keys()) join(prefix);
  return { replaced: [...replaced], shards: [...shards.values()] };

  function take(prefix: string): EventTexts {
    if (!weights.has(prefix)) return new Map();
    replaced.add(prefix);
    return read(prefix);
  }

  /** What fits into one shard together is one: from the place of a shard upwards. */
  function join(prefix: string): void {
    for (let above = oneShorter(prefix); above !== undefined; above = oneShorter(above)) {
      const ours = [...shards.values()].filter((shard) => shard.prefix.startsWith(above));
      const others = [...weights].filter(([other]) => other.startsWith(above) && !replaced.has(other));
      const weight = sum(ours.map((shard) => shard.weight)) + sum(others.map((other) => other[1]));
      if (weight > mostShardBytes) return;
      const texts = new Map([
        ...ours.flatMap((shard) => [...shard.texts]),
        ...others.flatMap(([other]) => [...take(other)]),
      ]);
      for (const shard of ours) shards.delete(shard.prefix);
      for (const shard of cutShard(above, texts)) shards.set(shard.prefix, shard);
    }
  }
}

/** The shard that a path belongs to, or the one that has to be made for it. */
function prefixFor(path: string, weights: ReadonlyMap<string, number>, inner: ReadonlySet<string>): string {
  const bits = digits(shardKey(path));
  let length = 0;
  while (!weights.has(bits.slice(0, length)) && inner.has(bits.slice(0, length))) length += 1;
  return bits.slice(0, length);
}

/** All beginnings of prefixes but themselves. */
function innerPrefixes(prefixes: Iterable<string>): ReadonlySet<string> {
  const inner = new Set<string>();
  for (const prefix of prefixes) {
    for (let above = oneShorter(prefix); above !== undefined && !inner.has(above); above = oneShorter(above))
      inner.add(above);
  }
  return inner;
}

function oneShorter(prefix: string): string | undefined {
  return prefix === "" ? undefined : prefix.slice(0, -1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
