import type { ListedContent } from "../formats/listed-content.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import { isRelativePath } from "../model/relative-path.ts";
import type { RelativePath } from "../model/relative-path.ts";
import { withRetries } from "./http-retry.ts";
import { readWhole } from "./manifest-content.ts";
import { fileUrl, shownUrl } from "./manifest-location.ts";
import { crawl } from "./pulp-crawl.ts";
import type { CrawledFile } from "./pulp-crawl.ts";
import { isStated, readDigests } from "./pulp-digests.ts";
import type { PulpReading } from "./pulp-listing.ts";
import { ContentMismatch } from "./source.ts";
import type { SourceEntry } from "./source.ts";

/** A checkpoint without a manifest: what its listings show, with the digests that its own indexes state. */
export interface ListedTree {
  readonly entries: readonly SourceEntry[];
  /** What the listings say of each file. */
  readonly files: ReadonlyMap<string, CrawledFile>;
  /** Indexes that had to be read whole. They need not be fetched again. */
  readonly read: ReadonlyMap<string, Uint8Array>;
  /** Files that an index names and no listing shows. */
  readonly missing: readonly string[];
}

/** Indexes may be read and kept up to so many bytes; a longer one is refused, and what is more is fetched again. */
const longestIndex = 1 << 30;
const mostKept = 64 << 20;

/** `recall` answers bytes that are in the pool already. */
export async function readListedTree(
  root: URL,
  listed: readonly ListedName[],
  reading: PulpReading,
  recall: (content: ListedContent) => Uint8Array | undefined,
): Promise<ListedTree> {
  const crawled = await crawl(root, listed, reading);
  const files = new Map(crawled.map((file) => [String(file.path), file]));
  const read = new Map<string, Uint8Array>();
  let kept = 0;
  const { contents, missing } = await readDigests(
    crawled.map(({ path }) => path),
    {
      has: (path): path is RelativePath => files.has(path) && isRelativePath(path),
      async read(path, stated) {
        const known = stated === undefined ? undefined : recall(stated);
        if (known !== undefined && stated !== undefined && isStated(known, stated)) return known;
        const bytes = await readIndex(root, path, stated, reading);
        if (kept + bytes.length <= mostKept) {
          kept += bytes.length;
          read.set(path, bytes);
        }
        return bytes;
      },
    },
  );
  const entries = crawled.map(({ path }): SourceEntry => {
    const content = contents.get(path) ?? byHash(path);
    return { path, digest: content?.digest, sizeBytes: content?.sizeBytes };
  });
  return { entries, files, read, missing };
}

function readIndex(
  root: URL,
  path: RelativePath,
  stated: ListedContent | undefined,
  { transport, fetch, timing, signal }: PulpReading,
): Promise<Uint8Array> {
  const url = fileUrl(root, path);
  const limit =
    stated === undefined ? fetch.maxManifestBytes : Math.min(stated.sizeBytes ?? longestIndex, longestIndex);
  return withRetries(
    async (tries) => {
      const content = await transport.get(url, { signal, fresh: tries > 1 });
      if (
        stated?.sizeBytes !== undefined &&
        content.sizeBytes !== undefined &&
        content.sizeBytes !== stated.sizeBytes
      ) {
        content.discard();
        throw notAsStated(stated);
      }
      const bytes = await readWhole({ ...content, encoding: undefined }, limit);
      if (stated !== undefined && !isStated(bytes, stated)) throw notAsStated(stated);
      return bytes;
    },
    { subject: shownUrl(url), retries: fetch.retries, signal, timing },
  );
}

function notAsStated({ digest }: ListedContent): ContentMismatch {
  return new ContentMismatch(`is not what the index above it states (SHA-256 ${digest})`);
}

/** Debian's other name for an index is its digest. */
function byHash(path: RelativePath): { readonly digest: Digest; readonly sizeBytes: undefined } | undefined {
  const [, hex = ""] = /(?:^|\/)by-hash\/SHA256\/([0-9a-f]{64})$/.exec(path) ?? [];
  return isDigest(hex) ? { digest: hex, sizeBytes: undefined } : undefined;
}
