import { z } from "zod";

import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { CrawledFile } from "./pulp-crawl.ts";
import type { SourceCache, StoredContent } from "./source.ts";

/** A file of which only the server's word is known, as it was in the checkpoint that was taken last. */
export interface RememberedFile extends StoredContent {
  readonly date: string;
  readonly size: string;
  /** The server's validator of those very bytes. */
  readonly validator: string;
}

/** Files without a stated digest, by path. Losing them costs that they are fetched again. */
export interface PulpMemory {
  /** The one that may be the same still: listed with the same date and size. Whether it is, only the server can say. */
  find(file: CrawledFile | undefined): Promise<RememberedFile | undefined>;
  /** In place of what was remembered before. */
  write(files: ReadonlyMap<string, RememberedFile>): Promise<void>;
}

export function openPulpMemory(cache: SourceCache | undefined): PulpMemory {
  let known: Promise<ReadonlyMap<string, RememberedFile>> | undefined;
  return {
    async find(file) {
      known ??= readMemory(cache);
      if (file === undefined || file.date === "") return undefined;
      const found = (await known).get(file.path);
      return found?.date === file.date && found.size === file.size ? found : undefined;
    },
    async write(files) {
      known = Promise.resolve(files);
      await cache?.write(`${JSON.stringify({ schemaVersion: 1, files: Object.fromEntries(files) })}\n`);
    },
  };
}

async function readMemory(cache: SourceCache | undefined): Promise<ReadonlyMap<string, RememberedFile>> {
  try {
    const parsed = memoryFile.safeParse(JSON.parse((await cache?.read())?.toString("utf8") ?? "null"));
    return new Map(parsed.success ? Object.entries(parsed.data.files) : []);
  } catch {
    return new Map();
  }
}

const memoryFile = z.object({
  schemaVersion: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      date: z.string(),
      size: z.string(),
      validator: z.string(),
      digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
      sizeBytes: z.int().min(0),
    }),
  ),
});
