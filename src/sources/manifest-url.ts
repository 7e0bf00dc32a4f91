import { createHash } from "node:crypto";
import { Failure } from "../failure.ts";
import type { FetchSettings } from "../model/config.ts";
import type { Digest } from "../model/digest.ts";
import type { FileRemote } from "../model/remote.ts";
import type { ResolveHost } from "./http-address.ts";
import type { Environment } from "./http-agent.ts";
import { realTiming, withRetries } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import { openHttp } from "./http.ts";
import type { RemoteContent } from "./http.ts";
import { putInto, readWhole } from "./manifest-content.ts";
import { readManifestEntries } from "./manifest-entries.ts";
import { openLocalFiles } from "./manifest-local-files.ts";
import { fileUrl, parseManifestUrl, shownUrl } from "./manifest-location.ts";
import { recallManifest, rememberManifest } from "./manifest-memory.ts";
import { transferSmall } from "./manifest-small-files.ts";
import { transferAll } from "./manifest-transfers.ts";
import type { Transfer } from "./manifest-transfers.ts";
import type { ContentSink, Source, SourceCache } from "./source.ts";

/** What of the world a test replaces. */
export interface ManifestUrlOptions {
  readonly timing?: RetryTiming;
  /** Where proxies are read from. */
  readonly environment?: Environment;
  readonly resolve?: ResolveHost;
  /** Where it is remembered which manifest was read last; without one every manifest is news. */
  readonly cache?: SourceCache;
  /** The upstream manifest that the repository has recorded: with `mode: mirror` another one is news although it lists the same. */
  readonly recorded?: () => Digest | undefined;
}

/**
 * A PULP_MANIFEST and the files beside it, over http, https or from disk. Because the manifest names digests, the source cannot move between `list` and
 * the last file: either every file is the one listed, or `fetch` fails; with SOURCE_MOVED when by then the manifest is another one.
 */
export function openManifestUrl(remote: FileRemote, fetch: FetchSettings, options: ManifestUrlOptions = {}): Source {
  const { timing = realTiming, environment = process.env, resolve, cache, recorded } = options;
  const url = parseManifestUrl(remote.url);
  const { timeoutSeconds, retries, maxManifestBytes } = fetch;
  const transport =
    url.protocol === "file:" ? openLocalFiles() : openHttp(url, { timeoutSeconds, environment, resolve });
  let listedDigest: string | undefined;
  let listedSame: string | undefined;
  let mayRemember = false;

  function readManifest(signal: AbortSignal): Promise<ManifestBytes> {
    return withRetries(
      async () => {
        const content = await transport.get(url, { signal, fresh: true });
        return { content, bytes: await readWhole(content, maxManifestBytes) };
      },
      { subject: shownUrl(url), retries, signal, timing },
    );
  }

  function transferInto(sink: ContentSink): Transfer {
    return (entry, { signal, onBytes }) => {
      const target = fileUrl(url, entry.path);
      return withRetries(
        async (tries) => {
          // A cache on the way that holds bad bytes would give them again.
          const content = await transport.get(target, { signal, fresh: tries > 1 });
          return putInto(sink, entry, content, onBytes);
        },
        { subject: shownUrl(target), retries, signal, timing },
      );
    };
  }

  /** A file that is not as listed, or not there, may be so because the source is being changed just now. */
  async function withReason(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof Failure) || listedDigest === undefined) return error;
    if (error.code !== "SOURCE_BAD_DATA" && error.code !== "SOURCE_REFUSED") return error;
    try {
      if (sha256((await readManifest(signal)).bytes) === listedDigest) return error;
    } catch (rereadError) {
      signal.throwIfAborted();
      if (rereadError instanceof Failure) return error;
      throw rereadError;
    }
    return new Failure(
      "SOURCE_MOVED",
      `${shownUrl(url)} changed while its files were being fetched: ${error.message}`,
      {
        hint: "Run again; the source was being updated.",
        cause: error,
      },
    );
  }

  /** Everything that decides what a manifest means. */
  function about(digest: string): string {
    return sha256(JSON.stringify([url.href, remote.mode, digest]));
  }

  return {
    async list(signal) {
      const { bytes, content } = await readManifest(signal);
      const entries = once(() => readManifestEntries(bytes, { url, mediaType: content.mediaType }));
      const digest = sha256(bytes);
      const isRecorded = remote.mode === "additive" || recorded?.() === digest;
      listedSame = isRecorded ? await recallManifest(cache, about(digest)) : undefined;
      // What was never read is checked before anything is made of it. Of an empty manifest the guards are asked each time.
      mayRemember = listedSame !== undefined || entries().length > 0;
      listedDigest = digest;
      return {
        get entries() {
          return entries();
        },
        manifest: remote.mode === "mirror" ? bytes : undefined,
        serverSeconds: content.serverSeconds,
        sameAs: listedSame,
      };
    },

    async fetch(wanted, sink, { signal, onProgress }) {
      try {
        const { concurrency } = fetch;
        const transferMany = transferSmall(transport, url, sink, concurrency);
        return await transferAll(wanted, {
          concurrency,
          signal,
          onProgress,
          transferMany,
          transfer: transferInto(sink),
        });
      } catch (error) {
        signal.throwIfAborted();
        throw await withReason(error, signal);
      }
    },

    confirm: () => Promise.resolve("settled"),

    async remember(tag) {
      if (listedDigest === undefined || !mayRemember || tag === listedSame) return;
      await rememberManifest(cache, about(listedDigest), tag);
    },
  };
}

interface ManifestBytes {
  readonly content: RemoteContent;
  readonly bytes: Uint8Array;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
