import { compareNames } from "./compare-names.ts";
import { bytesOf, cutByBits, digits } from "./cut-by-bits.ts";
import type { PathEvent } from "./path-events.ts";

/** What happened to paths: to each the JSON texts of its events, oldest first, with commas between. Texts and no objects, because there may be hundreds of thousands of paths. */
export type EventTexts = ReadonlyMap<string, string>;

/** The paths whose keys begin with the same bits, as many as fit into one file; or those that no key tells apart, in as many parts as they need. */
export interface Shard {
  /** The bits, as digits. */
  readonly prefix: string;
  readonly texts: EventTexts;
  /** What its lines take, in bytes. Of several shards together it is the sum. */
  readonly weight: number;
}

/** How many bytes of lines a file has at most, unless one event alone has more: two blocks of a disk hold it, and a prefix that is in four of them is still found in few bytes. */
export const mostShardBytes = 8000;

/** An event as it stands in a shard: the checkpoint, what happened, and of what came its size and how its SHA-256 begins. */
export function eventText(event: PathEvent, isTakenDown: boolean): string {
  const { at, kind } = event;
  // JSON.stringify makes texts in one piece; a template would be a chain of pieces, four times as large in memory.
  if (kind === "removed") return JSON.stringify([at, kind]);
  const facts = [at, kind, event.bytes, event.sha256.slice(0, 16)];
  return JSON.stringify(isTakenDown ? [...facts, "taken-down"] : facts);
}

/** The second that an event's text begins with. */
export function secondOf(event: string): string {
  return event.slice(2, 18);
}

/** The texts of single events. None of them has a bracket inside. */
export function splitEvents(events: string): readonly string[] {
  return events === ""
    ? []
    : events
        .slice(0, -1)
        .split("],")
        .map((text) => `${text}]`);
}

/** A line of a shard. */
export function historyLine(path: string, events: string): string {
  return `{"path":${plain.test(path) ? `"${path}"` : JSON.stringify(path)},"events":[${events}]}`;
}

/** What takes a byte for each character and no escape, as nearly all paths do. */
const plain = /^[ !#-[\]-~]*$/;

/**
 * By what a path is found, in bytes (a character each): its name in small letters (those of ASCII, which are the same everywhere and always), and then the folder, because one name may be in thousands of them. No
 * path's key is the beginning of another's.
 */
export function shardKey(path: string): string {
  const slash = path.lastIndexOf("/");
  const [name, folder] = [path.slice(slash + 1), path.slice(0, Math.max(slash, 0))];
  if (plain.test(path)) return `${name.toLowerCase()}/${folder}//`;
  const small = name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return Buffer.from(`${small}/${folder}//`).toString("latin1");
}

/**
 * What a shard is called: the least key that can be in it, without zero bytes at its end. `a-z0-9.-` stand for themselves, each other byte is `_` and two digits. A key is in the last shard whose own is not after it.
 */
export function shardName(prefix: string): string {
  return bytesOf(prefix.replace(/0+$/, "")).replaceAll(
    /[^a-z0-9.-]/g,
    (byte) => `_${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** The prefix of so many bits that has that name. */
export function shardPrefix(name: string, bits: number): string {
  return digits(leastKey(name).padEnd(Math.ceil(bits / 8), "\0"), bits);
}

/** The least key that can be in a shard of that name. */
export function leastKey(name: string): string {
  return name.replaceAll(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Cuts what belongs to one shard into as many as it needs, in order of their prefixes. By whole characters most would be nearly empty. */
export function cutShard(prefix: string, texts: EventTexts): readonly Shard[] {
  const lines = Array.from(texts, ([path, events]) => ({ key: shardKey(path), path, weight: weightOf(path, events) }));
  lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : compareNames(a.path, b.path)));
  const list = {
    count: lines.length,
    key: (index: number): string => lines[index]?.key ?? "",
    bits: (index: number): number => 8 * (lines[index]?.key.length ?? 0),
    weight: (index: number): number => lines[index]?.weight ?? 0,
  };
  return cutByBits(prefix, list, mostShardBytes).map((cut) => {
    const paths = lines.slice(cut.from, cut.until);
    const here = new Map(paths.map(({ path }) => [path, texts.get(path) ?? ""]));
    return { prefix: cut.prefix, weight: cut.weight, texts: here };
  });
}

/** What a line takes, with comma and line end. */
export function weightOf(path: string, events: string): number {
  return plain.test(path) ? path.length + events.length + lineFrame : Buffer.byteLength(historyLine(path, events)) + 2;
}

const lineFrame = Buffer.byteLength(historyLine("", "")) + 2;

/**
 * The files of a shard, each with what it holds of every path in order of paths. One that fits is one file; else events are dealt out in order of time, so that later ones change the last file alone.
 */
export function shardParts({ texts, weight }: Shard): readonly EventTexts[] {
  if (weight <= mostShardBytes) return [inPathOrder(texts)];
  const events = [...texts]
    .flatMap(([path, all]) => splitEvents(all).map((text) => ({ path, text, at: secondOf(text) })))
    .toSorted((a, b) => compareNames(a.at, b.at) || compareNames(a.path, b.path));
  const parts: Map<string, string>[] = [];
  let part = new Map<string, string>();
  let bytes = 0;
  for (const { path, text } of events) {
    const cost = (): number => (part.has(path) ? text.length + 1 : weightOf(path, text));
    if (part.size > 0 && bytes + cost() > mostShardBytes) {
      parts.push(part);
      part = new Map();
      bytes = 0;
    }
    bytes += cost();
    part.set(path, part.has(path) ? `${part.get(path) ?? ""},${text}` : text);
  }
  return [...parts, part].map(inPathOrder);
}

function inPathOrder(texts: EventTexts): EventTexts {
  return new Map([...texts].toSorted(([a], [b]) => compareNames(a, b)));
}
