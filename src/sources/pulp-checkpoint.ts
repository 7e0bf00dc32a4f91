import { Failure } from "../failure.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import type { FetchSettings } from "../model/config.ts";
import type { Digest } from "../model/digest.ts";
import { RequestError } from "./http-error.ts";
import { isRedirect } from "./http-redirect.ts";
import { withRetries } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import type { RemoteContent, Transport } from "./http.ts";
import { putInto, readWhole } from "./manifest-content.ts";
import { readManifestEntries } from "./manifest-entries.ts";
import { fileUrl, shownUrl } from "./manifest-location.ts";
import { transferSmall } from "./manifest-small-files.ts";
import { transferAll } from "./manifest-transfers.ts";
import type { PulpPublication } from "./pulp-api.ts";
import { crawl } from "./pulp-crawl.ts";
import type { CrawledFile } from "./pulp-crawl.ts";
import { readListedTree } from "./pulp-listed-tree.ts";
import type { ListedTree } from "./pulp-listed-tree.ts";
import { readListing } from "./pulp-listing.ts";
import type { PulpReading } from "./pulp-listing.ts";
import { directoryUrl, inCheckpoint } from "./pulp-location.ts";
import type { PulpMemory, RememberedFile } from "./pulp-memory.ts";
import { isSame, isWhole, wayOf } from "./pulp-wholeness.ts";
import { SourceNotReady } from "./source.ts";
import type { ContentSink, Source, SourceEntry, StoredContent } from "./source.ts";

/** A checkpoint as Pulp tells of it; of the content app alone only the second is known. */
export type PulpCheckpoint = Pick<PulpPublication, "second" | "manifest"> & {
  readonly created: string | undefined;
};

/** What the pool has already. */
export interface KnownPool {
  has(digest: Digest, sizeBytes: number): boolean;
  read(digest: Digest): Uint8Array | undefined;
}

export interface PulpCheckpointOptions {
  readonly base: URL;
  readonly transport: Transport;
  readonly fetch: FetchSettings;
  readonly timing: RetryTiming;
  readonly manifestName: string | undefined;
  readonly pool: KnownPool;
  readonly memory: PulpMemory;
}

/**
 * One checkpoint. Pulp serves publications that are still being made, and for what one lacks it may answer with a newer one's file: so nothing is asked for that the checkpoint's own listings do not show, the manifest
 * must list what the listing shows, and every file must have the digest that the manifest, or an index, states.
 */
export function openPulpCheckpoint(checkpoint: PulpCheckpoint, options: PulpCheckpointOptions): Source {
  const { base, transport, fetch, timing, pool, memory } = options;
  const { second } = checkpoint;
  const root = directoryUrl(base, second);
  let listed: readonly ListedName[] = [];
  let tree: ListedTree | undefined;
  const remembered = new Map<string, RememberedFile>();

  const reading = (signal: AbortSignal): PulpReading => ({ transport, fetch, timing, signal });

  async function readRoot(signal: AbortSignal): Promise<readonly ListedName[]> {
    try {
      return (await readListing(root, reading(signal))).names;
    } catch (error) {
      throw isGone(error) ? new SourceNotReady(`Pulp has no checkpoint ${second} any more`) : error;
    }
  }

  async function listByManifest(name: string, signal: AbortSignal): ReturnType<Source["list"]> {
    const { bytes, entries } = await readManifest(inCheckpoint(base, second, name), reading(signal));
    if (!isWhole(listed, entries, name)) throw new SourceNotReady(`${second}: its listing and its ${name} differ`);
    return { entries, manifest: bytes, manifestName: name, serverSeconds: undefined };
  }

  async function listByListings(signal: AbortSignal): ReturnType<Source["list"]> {
    tree = await readListedTree(root, listed, reading(signal), ({ digest }) => pool.read(digest));
    const [first] = tree.missing;
    if (first !== undefined) throw new SourceNotReady(`${second} has no ${first} yet, which its indexes name`);
    return { entries: tree.entries, manifest: undefined, serverSeconds: undefined };
  }

  async function transfer(
    entry: SourceEntry,
    sink: ContentSink,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<StoredContent> {
    const whole = tree?.read.get(entry.path);
    if (whole !== undefined) return sink.put(whole, entry);
    const target = fileUrl(root, entry.path);
    const file = entry.digest === undefined ? tree?.files.get(entry.path) : undefined;
    const before = await memory.find(file);
    const known = before !== undefined && pool.has(before.digest, before.sizeBytes) ? before : undefined;
    return withRetries(
      async (tries) => {
        try {
          const content = await transport.get(target, { signal, fresh: tries > 1, unless: known?.validator });
          const stored = await putInto(sink, entry, content, onBytes);
          keep(file, validatorOf(content), stored);
          return stored;
        } catch (error) {
          if (known === undefined || !(error instanceof RequestError) || error.status !== 304) throw error;
          keep(file, known.validator, known);
          return { digest: known.digest, sizeBytes: known.sizeBytes };
        }
      },
      { subject: shownUrl(target), retries: fetch.retries, signal, timing },
    );
  }

  function keep(
    file: CrawledFile | undefined,
    validator: string | undefined,
    { digest, sizeBytes }: StoredContent,
  ): void {
    if (file === undefined || validator === undefined) return;
    remembered.set(file.path, { date: file.date, size: file.size, validator, digest, sizeBytes });
  }

  return {
    async list(signal) {
      listed = await readRoot(signal);
      const way = wayOf(checkpoint, listed, options.manifestName);
      if (way === undefined) {
        const told = checkpoint.created === undefined ? ", as far as the content app tells" : "";
        const name = checkpoint.manifest ?? options.manifestName ?? "manifest";
        throw new SourceNotReady(`${second} has no ${name} yet${told}`);
      }
      return way.manifest === undefined ? listByListings(signal) : listByManifest(way.manifest, signal);
    },

    async fetch(wanted, sink, { signal, onProgress }) {
      try {
        return await transferAll(wanted, {
          concurrency: fetch.concurrency,
          signal,
          onProgress,
          transferMany: transferSmall(transport, root, sink, fetch.concurrency),
          transfer: (entry, { signal: either, onBytes }) => transfer(entry, sink, either, onBytes),
        });
      } catch (error) {
        signal.throwIfAborted();
        // Retention may have taken it away meanwhile: `readRoot` says so then.
        if (isGone(error)) await readRoot(signal);
        throw error;
      }
    },

    /** A second publication of the same second takes the place of the first; and what the content app alone tells of may still be in the making. */
    async confirm(signal) {
      const now = await readRoot(signal);
      if (!isSame(listed, now, ({ name, isDirectory, date, size }) => [name, isDirectory, date, size])) return "moved";
      if (tree === undefined || checkpoint.created !== undefined) return "settled";
      const again = await crawl(root, now, reading(signal));
      const before = [...tree.files.values()];
      return isSame(before, again, ({ path, date, size }) => [path, date, size]) ? "settled" : "moved";
    },

    async remember() {
      if (tree !== undefined) await memory.write(remembered);
    },
  };
}

/** Pulp answers for a second that has no checkpoint with a redirect to the one before, or with 404 where there is none. */
function isGone(error: unknown): boolean {
  if (!(error instanceof Failure) || !(error.cause instanceof RequestError)) return false;
  const { status = 0 } = error.cause;
  return status === 404 || isRedirect(status);
}

async function readManifest(
  url: URL,
  { transport, fetch, timing, signal }: PulpReading,
): Promise<{ readonly bytes: Uint8Array; readonly entries: readonly SourceEntry[] }> {
  return withRetries(
    async () => {
      const content = await transport.get(url, { signal, fresh: true });
      const bytes = await readWhole(content, fetch.maxManifestBytes);
      return { bytes, entries: readManifestEntries(bytes, { url, mediaType: content.mediaType }) };
    },
    { subject: shownUrl(url), retries: fetch.retries, signal, timing },
  );
}

/** A weak one stands for answers that are alike, not for the same bytes. */
function validatorOf({ header }: RemoteContent): string | undefined {
  const tag = header("etag")?.trim();
  return tag !== undefined && /^"[\x21\x23-\x7e]{1,200}"$/.test(tag) ? tag : undefined;
}
