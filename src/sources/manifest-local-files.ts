import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { RemoteContent, Transport } from "./http.ts";
import { readBody } from "./http-body.ts";
import { describeCause, RequestError } from "./http-error.ts";

/**
 * `file:` URLs. Symbolic links are followed: a mirror on disk is often a tree of links into a pool, and what is read must have the digest that
 * the manifest names anyway. Only regular files are read.
 */
export function openLocalFiles(): Transport {
  return {
    async get(url, { signal }) {
      const handle = await openFile(fileURLToPath(url));
      try {
        signal.throwIfAborted();
        return await contentOf(handle, signal);
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
  };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      throw new RequestError("SOURCE_REFUSED", describeCause(error), { cause: error });
    }
    throw error;
  }
}

async function contentOf(handle: FileHandle, signal: AbortSignal): Promise<RemoteContent> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new RequestError("SOURCE_REFUSED", "is not a regular file");
  const stream = handle.createReadStream({ highWaterMark: 1 << 20, signal });
  stream.on("error", () => undefined);
  return {
    sizeBytes: stat.size,
    encoding: undefined,
    mediaType: undefined,
    serverSeconds: undefined,
    // A disk has no time limit.
    body: readBody(stream, { announcedBytes: stat.size, timeoutSeconds: Infinity }),
    discard: () => void stream.destroy(),
  };
}
