import type { SmallFile } from "./http-pipeline.ts";
import type { Transport } from "./http.ts";
import { fileTarget } from "./manifest-location.ts";
import type { TransferMany } from "./manifest-transfers.ts";
import { ContentMismatch } from "./source.ts";
import type { ContentSink, SourceEntry } from "./source.ts";

/** How the small files among many are brought; undefined where `transport` has no cheaper way for many. */
export function transferSmall(
  { getMany }: Transport,
  manifest: URL,
  sink: ContentSink,
  concurrency: number,
): TransferMany | undefined {
  if (getMany === undefined) return undefined;
  return async (entries, { signal, onBytes, onStored }) => {
    const small = entries.filter(isSmall);
    if (small.length < worthIt) return;

    await getMany(filesOf(manifest, small), {
      concurrency,
      signal,
      async onBody({ entry }, body) {
        try {
          onStored(entry, await sink.put(body, entry));
        } catch (error) {
          if (error instanceof ContentMismatch) return false;
          throw error;
        }
        onBytes(body.length);
        return true;
      },
    });
  };
}

/** Of a few files each may as well have a request of its own. */
const worthIt = 16;
const smallBytes = 65_536;

function isSmall({ digest, sizeBytes }: SourceEntry): boolean {
  return digest !== undefined && sizeBytes !== undefined && sizeBytes <= smallBytes;
}

/** One at a time: of a hundred thousand files the encoded names would fill the memory. */
function* filesOf(
  manifest: URL,
  entries: readonly SourceEntry[],
): Generator<SmallFile & { readonly entry: SourceEntry }, void> {
  for (const entry of entries) {
    if (entry.sizeBytes !== undefined) {
      yield { entry, target: fileTarget(manifest, entry.path), sizeBytes: entry.sizeBytes };
    }
  }
}
