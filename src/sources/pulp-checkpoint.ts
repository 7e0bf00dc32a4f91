import { Failure } from "../failure.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import type { FetchSettings } from "../model/config.ts";
import type { Digest } from "../model/digest.ts";
import { isRelativePath } from "../model/relative-path.ts";
import { shownSafely } from "../model/shown-safely.ts";
import { RequestError } from "./http-error.ts";
import { isRedirect } from "./http-redirect.ts";
import { withRetries } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import type { Transport } from "./http.ts";
import { putInto, readWhole } from "./manifest-content.ts";
import { readManifestEntries } from "./manifest-entries.ts";
import { fileUrl, shownUrl } from "./manifest-location.ts";
import { transferSmall } from "./manifest-small-files.ts";
import { transferAll } from "./manifest-transfers.ts";
import type { PulpPublication } from "./pulp-api.ts";
import type { CrawledFile } from "./pulp-crawl.ts";
import { readListedTree } from "./pulp-listed-tree.ts";
import type { ListedTree } from "./pulp-listed-tree.ts";
import { readListing } from "./pulp-listing.ts";
import type { PulpReading } from "./pulp-listing.ts";
import { directoryUrl, inCheckpoint } from "./pulp-location.ts";
import type { PulpMemory, RememberedFile } from "./pulp-memory.ts";
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
    // Of a publication that the API returns, all is there that will ever be.
    if (first !== undefined && checkpoint.created === undefined) {
      throw new SourceNotReady(`${second} has no ${first} yet, which its indexes name`);
    }
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
          keep(file, content.validator, stored);
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
      if (way === undefined)
        throw new SourceNotReady(`${second} has no ${checkpoint.manifest ?? options.manifestName ?? "manifest"} yet`);
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
      if (!isSame(listed, now)) return "moved";
      if (tree === undefined || checkpoint.created !== undefined) return "settled";
      const again = await readListedTree(root, now, reading(signal), ({ digest }) => pool.read(digest));
      return isSame([...tree.files], [...again.files]) ? "settled" : "moved";
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

/** How the content of a checkpoint is to be known: by a manifest, or by listings and indexes. Undefined for one that is not whole, as far as its own listing tells. */
function wayOf(
  { second, manifest, created }: PulpCheckpoint,
  listed: readonly ListedName[],
  usual: string | undefined,
): { readonly manifest: string | undefined } | undefined {
  const name = manifest === undefined ? usual : (manifest ?? undefined);
  if (name !== undefined && (name.includes("/") || name === "index.html" || !isRelativePath(name))) {
    throw new Failure("SOURCE_BAD_DATA", `the manifest of ${second} is called ${shownSafely(name, 120)}`, {
      hint: "asof writes no file of that name at the root of a checkpoint",
    });
  }
  if (name !== undefined && listed.some((one) => one.name === name && !one.isDirectory)) return { manifest: name };
  if (typeof manifest === "string") return undefined;
  const isIndexed = listed.some((one) =>
    one.isDirectory ? /^(?:repodata|dists)$/.test(one.name) : /^(?:In)?Release$/.test(one.name),
  );
  return created !== undefined || isIndexed || usual === undefined ? { manifest: undefined } : undefined;
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

/** Whether manifest and listing tell of the same: a manifest that came from another publication does not. */
function isWhole(listed: readonly ListedName[], entries: readonly SourceEntry[], manifest: string): boolean {
  const files = new Set<string>();
  const directories = new Set<string>();
  for (const { path } of entries) {
    const slash = path.indexOf("/");
    if (slash < 0) files.add(path);
    else directories.add(path.slice(0, slash));
  }
  const others = listed.filter((one) => one.name !== manifest);
  return (
    others.length === files.size + directories.size &&
    others.every(({ name, isDirectory }) => (isDirectory ? directories : files).has(name))
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
