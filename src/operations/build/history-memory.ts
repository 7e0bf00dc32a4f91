import { hash } from "node:crypto";
import { rmSync } from "node:fs";

import { z } from "zod";

import type { Checkpoint, History } from "../../model/history.ts";
import { shardName, shardPrefix } from "../../model/history-shards.ts";
import { readSealed, writeSealed } from "../../store/sealed-file.ts";

/** A shard as it was written: the SHA-256 of each of its files, in base64url, and what its lines take. */
export interface WrittenShard {
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
  const { basis, folders, moment, shards } = memory.parse(JSON.parse(body.toString("utf8")));
  if (basis !== basisOf(context, moment)) return undefined;
  const kept = knownAt(context, moment).filter((checkpoint) => !wasGone(checkpoint, moment));
  return {
    folders,
    kept,
    shards: new Map(shards.map(([name, bits, weight, files]) => [shardPrefix(name, bits), { weight, files }])),
  };
}

/** What a memory depends on besides the checkpoints that are kept. */
export interface MemoryContext {
  readonly history: Pick<History, "checkpoints" | "name" | "newestEvent">;
  readonly takenDown: readonly string[];
}

export function printHistoryMemory(context: MemoryContext, folders: readonly string[], shards: WrittenShards): string {
  const { checkpoints, newestEvent } = context.history;
  const moment = { newest: checkpoints.at(-1)?.created ?? "", event: newestEvent };
  return JSON.stringify({
    basis: basisOf(context, moment),
    folders,
    moment,
    shards: Array.from(shards, ([prefix, { weight, files }]) => [shardName(prefix), prefix.length, weight, files]),
  });
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

const label = "asof path history 2";

const memory = z.object({
  basis: z.string(),
  folders: z.array(z.string()),
  moment: z.object({ newest: z.string(), event: z.string() }),
  shards: z.array(z.tuple([z.string(), z.number(), z.number(), z.array(z.string())])),
});
