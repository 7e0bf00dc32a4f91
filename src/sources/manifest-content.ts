import { RequestError } from "./http-error.ts";
import type { RemoteContent } from "./http.ts";
import { ContentMismatch } from "./source.ts";
import type { ContentSink, SourceEntry, StoredContent } from "./source.ts";

/** All bytes of a manifest. Reads little more than `maxBytes` before it refuses, whatever the server announced. */
export async function readWhole(content: RemoteContent, maxBytes: number): Promise<Uint8Array> {
  try {
    if (content.encoding !== undefined) throw encodingError(content.encoding);
    if (content.sizeBytes !== undefined && content.sizeBytes > maxBytes) throw tooLarge(maxBytes);
    if (content.whole !== undefined && content.whole.length <= maxBytes) return content.whole;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of content.body) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    content.discard();
  }
}

/**
 * Puts a listed file into the pool. An encoding that we did not ask for is never decoded, and is no fault by itself: Apache's usual `AddEncoding`
 * says `x-gzip` about every stored .gz file. The digest decides, and what does not match then is not worth trying again.
 */
export async function putInto(
  sink: ContentSink,
  entry: SourceEntry,
  content: RemoteContent,
  onBytes: (count: number) => void,
): Promise<StoredContent> {
  let received = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of content.body) {
      received += chunk.length;
      onBytes(chunk.length);
      yield chunk;
    }
  }
  try {
    const expected = { digest: entry.digest, sizeBytes: expectedSize(entry, content) };
    if (content.whole === undefined) return await sink.put(counted(), expected);
    received = content.whole.length;
    onBytes(received);
    return await sink.put(content.whole, expected);
  } catch (error) {
    if (received > 0) onBytes(-received);
    throw error instanceof ContentMismatch && content.encoding !== undefined ? encodingError(content.encoding) : error;
  } finally {
    content.discard();
  }
}

/** There is always a limit: of a size that the manifest leaves open, the server must announce one. */
function expectedSize(entry: SourceEntry, content: RemoteContent): number {
  const size = entry.sizeBytes ?? content.sizeBytes;
  if (size === undefined) {
    throw new RequestError("SOURCE_BAD_DATA", "neither the manifest nor the server says how long it is");
  }
  if (content.sizeBytes !== undefined && content.sizeBytes !== size) {
    throw new ContentMismatch(`expected ${size} bytes, the source announces ${content.sizeBytes}`);
  }
  return size;
}

function encodingError(encoding: string): RequestError {
  return new RequestError(
    "SOURCE_BAD_DATA",
    `was sent with Content-Encoding ${JSON.stringify(encoding.slice(0, 40))}, which was not asked for`,
    {
      hint: "The server, or a proxy on the way, compresses what it sends; switch that off for this source.",
    },
  );
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError("SOURCE_BAD_DATA", `is larger than ${maxBytes} bytes`, {
    hint: "Check that the URL is that of the manifest; if it is, raise the limit for manifests in the configuration.",
  });
}
