import { cutByBits } from "./cut-by-bits.ts";
import { mostShardBytes, shardKey, weightOf } from "./history-shards.ts";
import type { Shard } from "./history-shards.ts";

/** Events of all paths of a repository, in as little memory as there can be: of a large one there is no room for an object each. */
export interface EventRows {
  /** Of one path no two in the same second. */
  add(path: string, event: string): void;
  /** What `cutShard` would make of all, the last shard first. Rows are let go of as they are told: nothing can be asked twice. */
  takeShards(): Generator<Shard, void, undefined>;
}

/** A row is a text in one piece: the key of a path, its name where that has capital letters, the event. In order they are by key, by path and by time. */
export function openEventRows(): EventRows {
  const rows: string[] = [];

  function add(path: string, event: string): void {
    const key = shardKey(path);
    const name = Buffer.from(path.slice(path.lastIndexOf("/") + 1)).toString("latin1");
    // Pieces that were put together stay pieces in memory, several times as large.
    rows.push(Buffer.from(`${key}\0${key.startsWith(`${name}/`) ? "" : name}\0${event}`, "latin1").toString("latin1"));
  }

  function* takeShards(): Generator<Shard, void, undefined> {
    rows.sort((a, b) => (a < b ? -1 : 1));
    /** Where the rows of each path begin, and of the end. */
    const starts: number[] = [];
    for (const [index, row] of rows.entries())
      if (!row.startsWith(pathPart(rows[index - 1] ?? "\0\0"))) starts.push(index);
    starts.push(rows.length);
    const weights = new Float64Array(starts.length);
    for (const [index, start] of starts.entries())
      if (start < rows.length)
        weights[index] = weightOf(pathOf(rows[start] ?? ""), eventsOf(start, starts[index + 1] ?? 0));
    const list = {
      count: starts.length - 1,
      key: (index: number): string => rows[starts[index] ?? 0] ?? "",
      bits: (index: number): number => 8 * (rows[starts[index] ?? 0]?.indexOf("\0") ?? 0),
      weight: (index: number): number => weights[index] ?? 0,
    };
    for (const { prefix, weight, from, until } of cutByBits("", list, mostShardBytes).toReversed()) {
      const texts = new Map<string, string>();
      for (let index = from; index < until; index++) {
        const start = starts[index] ?? 0;
        texts.set(pathOf(rows[start] ?? ""), eventsOf(start, starts[index + 1] ?? 0));
      }
      rows.length = starts[from] ?? 0;
      yield { prefix, weight, texts };
    }
  }

  function eventsOf(start: number, end: number): string {
    const [row = ""] = rows.slice(start, start + 1);
    if (end === start + 1) return eventOf(row);
    return rows.slice(start, end).map(eventOf).join(",");
  }

  return { add, takeShards };
}

/** All before the event, which is the same in all rows of one path. */
function pathPart(row: string): string {
  return row.slice(0, row.lastIndexOf("\0") + 1);
}

function eventOf(row: string): string {
  return row.slice(row.lastIndexOf("\0") + 1);
}

function pathOf(row: string): string {
  const [key = "", name = ""] = row.split("\0", 2);
  const slash = key.indexOf("/");
  const folder = key.slice(slash + 1, -"//".length);
  const path = `${folder === "" ? "" : `${folder}/`}${name === "" ? key.slice(0, slash) : name}`;
  return Buffer.from(path, "latin1").toString();
}
