import type { Digest } from "../model/digest.ts";

/** What an index of packages says of a file. */
export interface ListedContent {
  readonly digest: Digest;
  readonly sizeBytes: number | undefined;
}

/** What indexes say, by path. */
export type ListedContents = ReadonlyMap<string, ListedContent>;
