import { compareNames } from "./compare-names.ts";
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

/** How many bytes of lines a file has at most, unless one event alone has more. */
export const mostShardBytes = 24_000;

/** An event as it stands in a shard: the checkpoint, what happened, and of what came its size and how its SHA-256 begins. */
export function eventText(event: PathEvent, isTakenDown: boolean): string {
  if (event.kind === "removed") return JSON.stringify([event.at, event.kind]);
  const facts = [event.at, event.kind, event.bytes, event.sha256.slice(0, 16)];
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
  return `{"path":${JSON.stringify(path)},"events":[${events}]}`;
}

/**
 * By what a path is found, in bytes (a character each): its name in small letters (those of ASCII, which are the same everywhere and always), and then the folder, because one name may be in thousands of them. No
 * path's key is the beginning of another's.
 */
export function shardKey(path: string): string {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1).replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return Buffer.from(`${name}/${path.slice(0, Math.max(slash, 0))}//`).toString("latin1");
}

/** The bits of a key, as digits. */
export function bitsOf(key: string): string {
  return Array.from(key, (byte) => byte.charCodeAt(0).toString(2).padStart(8, "0")).join("");
}

/**
 * What a shard is called: the least key that can be in it, without zero bytes at its end. `a-z0-9.-` stand for themselves, each other byte is `_` and two digits. A key is in the last shard whose own is not after it.
 */
export function shardName(prefix: string): string {
  const bytes = prefix.replace(/0+$/, "").match(/.{1,8}/g) ?? [];
  return bytes
    .map((bits) => String.fromCharCode(Number.parseInt(bits.padEnd(8, "0"), 2)))
    .map((byte) => (/[a-z0-9.-]/.test(byte) ? byte : `_${byte.charCodeAt(0).toString(16).padStart(2, "0")}`))
    .join("");
}

/** File names have an end. */
const longestShardName = 180;

/** Cuts what belongs to one shard into as many as it needs, in order of their prefixes: by the next bit of the keys, again and again, until each fits. By whole characters most would be nearly empty. */
export function cutShard(prefix: string, texts: EventTexts): readonly Shard[] {
  const lines = Array.from(texts, ([path, events]): Line => ({
    key: shardKey(path),
    path,
    weight: weightOf(path, events),
  })).toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : compareNames(a.path, b.path)));
  const shards: Shard[] = [];
  cut(prefix, 0, lines.length);
  return shards;

  function cut(here: string, from: number, until: number): void {
    if (from === until) return;
    let weight = 0;
    for (let index = from; index < until; index++) weight += lines[index]?.weight ?? 0;
    const isEnd = here.length >= 8 * (lines[from]?.key.length ?? 0) || shardName(here).length >= longestShardName;
    if (weight <= mostShardBytes || isEnd) {
      const paths = lines.slice(from, until);
      shards.push({ prefix: here, weight, texts: new Map(paths.map(({ path }) => [path, texts.get(path) ?? ""])) });
      return;
    }
    let middle = from;
    while (middle < until && bitAt(lines[middle]?.key ?? "", here.length) === 0) middle += 1;
    cut(`${here}0`, from, middle);
    cut(`${here}1`, middle, until);
  }
}

function bitAt(key: string, index: number): number {
  return (key.charCodeAt(index >> 3) >> (7 - (index & 7))) & 1;
}

interface Line {
  readonly key: string;
  readonly path: string;
  readonly weight: number;
}

/** What a line takes, with comma and line end. */
function weightOf(path: string, events: string): number {
  return Buffer.byteLength(path) === path.length && !/["\\\p{Cc}]/u.test(path)
    ? path.length + events.length + lineFrame
    : Buffer.byteLength(historyLine(path, events)) + 2;
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
