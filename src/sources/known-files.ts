import type { Digest } from "../model/digest.ts";
import type { FileState } from "./file-state.ts";

/**
 * Digests of files that were read, by what the file is and not by its name: directories that share files by hard links are read as if they were one. Only what has the same device, inode, size, mtime
 * and ctime is the same file.
 */
export interface KnownFiles {
  digestOf(state: FileState): Digest | undefined;
  remember(state: FileState, digest: Digest): void;
  /** Another directory begins. What neither this one nor the one before had is forgotten: who makes such directories links each to the one before. */
  next(): void;
}

export function openKnownFiles(): KnownFiles {
  let before = new Map<string, Digest>();
  let now = new Map<string, Digest>();
  return {
    digestOf({ key }) {
      const digest = now.get(key) ?? before.get(key);
      if (digest !== undefined) now.set(key, digest);
      return digest;
    },
    remember({ key }, digest) {
      now.set(key, digest);
    },
    next() {
      before = now;
      now = new Map();
    },
  };
}
