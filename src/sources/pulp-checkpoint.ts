import { Failure } from "../failure.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import type { FetchSettings } from "../model/config.ts";
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
import { readListing } from "./pulp-listing.ts";
import { directoryUrl, inCheckpoint } from "./pulp-location.ts";
import { SourceNotReady } from "./source.ts";
import type { Source, SourceEntry } from "./source.ts";

/** A checkpoint as Pulp tells of it; of the content app alone only the second is known. */
export type PulpCheckpoint = Pick<PulpPublication, "second" | "manifest"> & {
  readonly created: string | undefined;
};

export interface PulpCheckpointOptions {
  readonly base: URL;
  readonly transport: Transport;
  readonly fetch: FetchSettings;
  readonly timing: RetryTiming;
  readonly manifestName: string | undefined;
}

/**
 * One checkpoint. Pulp serves publications that are still being made, and for what one lacks it may answer with a newer one's file: so the checkpoint's own listing must have the manifest's name, the manifest must list
 * what the listing shows, and every file must have the manifest's digest.
 */
export function openPulpCheckpoint(checkpoint: PulpCheckpoint, options: PulpCheckpointOptions): Source {
  const { base, transport, fetch, timing, manifestName } = options;
  const { second } = checkpoint;
  const root = directoryUrl(base, second);
  const name = checkpoint.manifest === undefined ? manifestName : (checkpoint.manifest ?? undefined);
  const place = inCheckpoint(base, second, name ?? "");
  let listed: readonly ListedName[] = [];

  async function readRoot(signal: AbortSignal): Promise<readonly ListedName[]> {
    try {
      const { names } = await readListing(root, { transport, fetch, timing, signal });
      return names;
    } catch (error) {
      throw isGone(error) ? new SourceNotReady(`Pulp has no checkpoint ${second} any more`) : error;
    }
  }

  async function readManifest(
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly entries: readonly SourceEntry[] }> {
    return withRetries(
      async () => {
        const content = await transport.get(place, { signal, fresh: true });
        const bytes = await readWhole(content, fetch.maxManifestBytes);
        return { bytes, entries: readManifestEntries(bytes, { url: place, mediaType: content.mediaType }) };
      },
      { subject: shownUrl(place), retries: fetch.retries, signal, timing },
    );
  }

  return {
    async list(signal) {
      listed = await readRoot(signal);
      if (name === undefined || !listed.some((one) => one.name === name && !one.isDirectory)) {
        throw new SourceNotReady(`${second} has no ${name ?? "manifest"} yet`);
      }
      const { bytes, entries } = await readManifest(signal);
      if (!isWhole(listed, entries, name)) throw new SourceNotReady(`${second}: its listing and its ${name} differ`);
      return { entries, manifest: bytes, manifestName: name, serverSeconds: undefined };
    },

    async fetch(wanted, sink, { signal, onProgress }) {
      const { concurrency, retries } = fetch;
      try {
        return await transferAll(wanted, {
          concurrency,
          signal,
          onProgress,
          transferMany: transferSmall(transport, place, sink, concurrency),
          transfer: (entry, { signal: either, onBytes }) => {
            const target = fileUrl(place, entry.path);
            return withRetries(
              async (tries) =>
                putInto(sink, entry, await transport.get(target, { signal: either, fresh: tries > 1 }), onBytes),
              { subject: shownUrl(target), retries, signal: either, timing },
            );
          },
        });
      } catch (error) {
        signal.throwIfAborted();
        // Retention may have taken it away meanwhile: `readRoot` says so then.
        if (error instanceof Failure && error.code === "SOURCE_REFUSED") await readRoot(signal);
        throw error;
      }
    },

    /** A second publication of the same second takes the place of the first. */
    async confirm(signal) {
      return sameNames(listed, await readRoot(signal)) ? "settled" : "moved";
    },

    remember: () => Promise.resolve(),
  };
}

/** Pulp answers for a second that has no checkpoint with a redirect to the one before, or with 404 where there is none. */
function isGone(error: unknown): boolean {
  if (!(error instanceof Failure) || !(error.cause instanceof RequestError)) return false;
  const { status = 0 } = error.cause;
  return status === 404 || isRedirect(status);
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

function sameNames(a: readonly ListedName[], b: readonly ListedName[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
