import { mostShardBytes } from "./history-shards.ts";

/** What is told of the paths of a repository. */
export interface ToldPaths {
  /** Paths that ever were, and how long they are on average. */
  readonly paths: number;
  readonly pathBytes: number;
  /** How often any of them came, changed or went. */
  readonly events: number;
}

/** What the files that say since when need in one site. Shards are cut in halves, and so are filled to some six tenths; pages of their index are few beside them. */
export function historyAmount(
  { paths, pathBytes, events }: ToldPaths,
  blockBytes: number,
): { readonly inodes: number; readonly diskBytes: number } {
  const bytes = paths * (pathBytes + lineBytes) + events * eventBytes;
  const shards = Math.max(1, bytes / (mostShardBytes * usualFill));
  return {
    inodes: shards + folderAndIndex,
    diskBytes: bytes + (shards * blockBytes) / 2 + folderAndIndex * blockBytes,
  };
}

const usualFill = 0.6;
const folderAndIndex = 2;
/** Of a line of a shard without its path and events, and of an event. */
const lineBytes = 25;
const eventBytes = 58;
