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
  const before = [...weights.keys()].toSorted();
  const replaced = new Set<string>();
  const touched = new Map<string, Map<string, string>>();
  for (const [path, edit] of edited) {
    const prefix = prefixFor(path, before);
    const texts = touched.get(prefix) ?? new Map(take(prefix));
    touched.set(prefix, texts);
    const now = edit(texts.get(path));
    if (now === undefined) texts.delete(path);
    else texts.set(path, now);
  }
  const shards = new Map<string, Shard>();
  for (const [prefix, texts] of touched) for (const shard of cutShard(prefix, texts)) shards.set(shard.prefix, shard);
  const all = [...before.filter((prefix) => !replaced.has(prefix)), ...shards.keys()].toSorted();
  for (const prefix of touched.keys()) join(prefix);
  return { replaced: [...replaced], shards: [...shards.values()] };

  function take(prefix: string): EventTexts {
    if (!weights.has(prefix)) return new Map();
    replaced.add(prefix);
    return read(prefix);
  }

  /** What fits into one shard together is one: from the place of a shard upwards. */
  function join(prefix: string): void {
    for (let length = prefix.length - 1; length >= 0; length--) {
      const above = prefix.slice(0, length);
      const first = firstNotBefore(all, above);
      let [end, weight] = [first, 0];
      for (; all[end]?.startsWith(above) === true; end++) {
        const other = all[end] ?? "";
        weight += shards.get(other)?.weight ?? weights.get(other) ?? 0;
        if (weight > mostShardBytes) return;
      }
      const texts = new Map<string, string>();
      for (const other of all.slice(first, end)) {
        for (const [path, events] of shards.get(other)?.texts ?? take(other)) texts.set(path, events);
        shards.delete(other);
      }
      const joined = cutShard(above, texts);
      for (const shard of joined) shards.set(shard.prefix, shard);
      all.splice(first, end - first, ...joined.map((shard) => shard.prefix));
    }
  }
}

/** The shard that a path belongs to, or the one that has to be made for it: as near to the beginning as nothing else is. */
function prefixFor(path: string, prefixes: readonly string[]): string {
  const bits = digits(shardKey(path));
  const after = firstNotBefore(prefixes, `${bits}~`);
  const neighbours = [prefixes[after - 1], prefixes[after]].filter((one) => one !== undefined);
  const [own] = neighbours;
  if (own !== undefined && bits.startsWith(own)) return own;
  if (neighbours.length === 0) return "";
  return bits.slice(0, 1 + Math.max(...neighbours.map((one) => commonLength(bits, one))));
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** Where in ascending texts the first one is that is not before `text`. */
function firstNotBefore(texts: readonly string[], text: string): number {
  let [low, high] = [0, texts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((texts[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
