import { Failure } from "../failure.ts";
import type { Digest } from "../model/digest.ts";
import type { FileEntry } from "./directory-tree.ts";
import type { FileState } from "./stat-cache.ts";

/** A file of the last listing, with what is known of it by now. */
export interface ListedFile extends FileEntry {
  state: FileState;
  digest: Digest | undefined;
}

/** A file that would not hold still. */
export function movedFailure(real: string, cause?: unknown): Failure {
  return new Failure("SOURCE_MOVED", `${real} changed while it was read.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Run asof when the source is quiet.",
  });
}
