import type { BigIntStats } from "node:fs";

/** What is known of a file without reading it. Two equal `key`s mean the same bytes, but for a change within the granularity of the clock. */
export interface FileState {
  /** Device, inode, size, and the nanoseconds of mtime and ctime, with commas between. No blanks. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Seconds since 1970; the kernel's own time of the last change of content, name or mode. */
  readonly changed: number;
}

export function fileState({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return {
    key: `${dev},${ino},${size},${mtimeNs},${ctimeNs}`,
    sizeBytes: Number(size),
    modified: Number(mtimeNs) / 1e9,
    changed: Number(ctimeNs) / 1e9,
  };
}

/** States in columns, five numbers each: device, inode, size, nanoseconds of mtime and ctime. A hundred thousand objects fewer, and threads can share them. */
export interface StateColumns {
  readonly states: BigInt64Array;
  /** The place of one state: its numbers begin at five times `at`. */
  readonly at: number;
}

/** The columns of a state that was just seen. */
export function columnsOf(state: FileState): StateColumns {
  return { states: BigInt64Array.from(state.key.split(","), BigInt), at: 0 };
}

/** Columns that grow. */
export interface StateTable {
  /** Takes a state in and answers its place. */
  add(stats: BigIntStats): number;
  columns(at: number): StateColumns;
}

export function openStateTable(): StateTable {
  let states = new BigInt64Array(5 * 1024);
  let count = 0;
  return {
    add({ dev, ino, size, mtimeNs, ctimeNs }) {
      if (count * 5 === states.length) {
        const larger = new BigInt64Array(states.length * 2);
        larger.set(states);
        states = larger;
      }
      const first = count * 5;
      states[first] = dev;
      states[first + 1] = ino;
      states[first + 2] = size;
      states[first + 3] = mtimeNs;
      states[first + 4] = ctimeNs;
      count += 1;
      return count - 1;
    },
    columns: (at) => ({ states, at }),
  };
}

/** The state that stands in columns. */
export function stateAt({ states, at }: StateColumns): FileState {
  const [dev, ino, size, mtimeNs, ctimeNs] = states.subarray(at * 5, at * 5 + 5);
  return {
    key: `${dev},${ino},${size},${mtimeNs},${ctimeNs}`,
    sizeBytes: Number(size),
    modified: Number(mtimeNs) / 1e9,
    changed: Number(ctimeNs) / 1e9,
  };
}

/**
 * Whether the file may have changed after it was looked at without its times showing it: git's racy rule. Such a file is read again and never remembered.
 * A time in the future counts, whatever made it.
 */
export function isRacy(state: FileState, scanStarted: number): boolean {
  return Math.max(state.modified, state.changed) >= scanStarted - 2;
}
