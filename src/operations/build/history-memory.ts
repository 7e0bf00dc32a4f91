import { hash } from "node:crypto";
import { rmSync } from "node:fs";

import { z } from "zod";

import type { Checkpoint, History } from "../../model/history.ts";
import { shardPrefix } from "../../model/history-shards.ts";
import { readSealed, writeSealed } from "../../store/sealed-file.ts";

/** A shard as it was written: the SHA-256 of each of its files, in base64url, and what its lines take. */
export interface WrittenShard {
  readonly name: string;
  readonly weight: number;
  readonly files: readonly string[];
}

export type WrittenShards = ReadonlyMap<string, WrittenShard>;

/** The shards of a repository's history as a build left them, and of which checkpoints they tell. Kept in state/cache; losing it costs a build that reads the records of every checkpoint. */
export interface HistoryMemory {
  /** Folders in which they stand. */
  readonly folders: readonly string[];
  /** The checkpoints that were kept, ascending. */
  readonly kept: readonly Checkpoint[];
  readonly shards: WrittenShards;
}

/** Undefined where there is none, where it is damaged, and where something came since that it cannot be followed up from: another history, a checkpoint between older ones, a content that was taken down. */
export function readHistoryMemory(file: string, context: MemoryContext): HistoryMemory | undefined {
  const body = readSealed(file, label);
  if (body === undefined) return undefined;
  const [head = "", ...lines] = body.toString("utf8").split("\n");
  const { basis, folders, moment } = memory.parse(JSON.parse(head));
  if (basis !== basisOf(context, moment)) return undefined;
  const kept = knownAt(context, moment).filter((checkpoint) => !wasGone(checkpoint, moment));
  return { folders, kept, shards: new Map(lines.map(readLine)) };
}

/** What a memory depends on besides the checkpoints that are kept. */
export interface MemoryContext {
  readonly history: Pick<History, "checkpoints" | "name" | "newestEvent">;
  readonly takenDown: readonly string[];
}

export function printHistoryMemory(context: MemoryContext, folders: readonly string[], shards: WrittenShards): string {
  const { checkpoints, newestEvent } = context.history;
  const moment = { newest: checkpoints.at(-1)?.created ?? "", event: newestEvent };
  const head = { basis: basisOf(context, moment), folders, moment };
  return [JSON.stringify(head), ...Array.from(shards, printLine)].join("\n");
}

/** A line for each shard, in order of prefixes. There may be thousands, and nobody else wrote them: they are sealed. */
function printLine([prefix, { name, weight, files }]: readonly [string, WrittenShard]): string {
  return `${name} ${prefix.length} ${weight} ${files.join(" ")}`;
}

function readLine(line: string): readonly [string, WrittenShard] {
  const [name = "", bits = "", weight = "", ...files] = line.split(" ");
  return [shardPrefix(name, Number(bits)), { name, weight: Number(weight), files }];
}

export function writeHistoryMemory(file: string, text: string): void {
  if (readSealed(file, label)?.toString("utf8") !== text) writeSealed(file, label, [Buffer.from(text)]);
}

/** Before shards are written: were a run to die among them, what is remembered would not be what stands there. */
export function forgetHistory(file: string): void {
  rmSync(file, { force: true });
}

/** When something was written down: after which checkpoint, and after which event. */
interface Moment {
  readonly newest: string;
  readonly event: string;
}

/** Which checkpoints there were and what was in them, which of them were gone, and all that was taken down until now. A checkpoint that went in the very second of the moment, but after it, makes another one. */
function basisOf(context: MemoryContext, moment: Moment): string {
  const known = knownAt(context, moment).map(
    (checkpoint) => `${checkpoint.created} ${checkpoint.root} ${wasGone(checkpoint, moment)}`,
  );
  return hash("sha256", [context.history.name, ...known, ...context.takenDown.toSorted()].join("\n"));
}

function knownAt({ history }: MemoryContext, { newest }: Moment): readonly Checkpoint[] {
  return history.checkpoints.filter(({ created }) => created <= newest);
}

function wasGone({ tombstone }: Checkpoint, { event }: Moment): boolean {
  return tombstone !== undefined && tombstone.at <= event;
}

const label = "asof path history 3";

const memory = z.object({
  basis: z.string(),
  folders: z.array(z.string()),
  moment: z.object({ newest: z.string(), event: z.string() }),
});
