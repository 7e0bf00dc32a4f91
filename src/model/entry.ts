import type { Digest } from "./digest.ts";
import type { RelativePath } from "./relative-path.ts";
import type { Timestamp } from "./timestamp.ts";

/** One file of a version. `added` is the second at which these bytes came into the repository under this path. */
export interface Entry {
  readonly path: RelativePath;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly added: Timestamp;
}
