/** What was found under a name. `digest` is undefined where it was not asked for. */
export type LookedAt =
  | { readonly is: "file"; readonly sizeBytes: number; readonly mode: number; readonly digest: string | undefined }
  /** A directory, a symlink, a device…: nothing that asof would have put there. Never opened. */
  | { readonly is: "no-file"; readonly what: string }
  | { readonly is: "missing" }
  /** The operating system's code: EIO, EACCES… */
  | { readonly is: "unreadable"; readonly code: string };

/** A chunk goes to every thread; each takes the next file that no other has taken, so that one large file holds up nobody. */
export interface Chunk {
  readonly paths: readonly string[];
  readonly hash: boolean;
  /** One Int32: the next index. */
  readonly next: SharedArrayBuffer;
}

/** What one thread found in its share of a chunk. */
export type ChunkResult = readonly (readonly [index: number, found: LookedAt])[];

/**
 * The body of a hashing thread. It is started from its own text, because a worker's file would have one name in src/ and another in the package: nothing of this module may be
 * named in it but types.
 */
export function hashingThread(): void {
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  const { closeSync, constants, fstatSync, lstatSync, openSync, readSync } = process.getBuiltinModule("node:fs");
  const { createHash } = process.getBuiltinModule("node:crypto");
  const buffer = Buffer.allocUnsafeSlow(1 << 20);

  parentPort?.on("message", ({ paths, hash, next }: Chunk) => {
    const counter = new Int32Array(next);
    const found: [number, LookedAt][] = [];
    for (let index = Atomics.add(counter, 0, 1); index < paths.length; index = Atomics.add(counter, 0, 1)) {
      found.push([index, lookAt(paths[index] ?? "", hash)]);
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort.postMessage(found satisfies ChunkResult);
  });

  function lookAt(file: string, hash: boolean): LookedAt {
    try {
      const there = lstatSync(file);
      if (!there.isFile()) {
        const what = there.isDirectory() ? "a directory" : there.isSymbolicLink() ? "a symlink" : "no regular file";
        return { is: "no-file", what };
      }
      const mode = there.mode & 0o7777;
      if (!hash) return { is: "file", sizeBytes: there.size, mode, digest: undefined };
      const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (!fstatSync(handle).isFile()) return { is: "no-file", what: "something that was swapped in" };
        return { is: "file", mode, ...digestOf(handle) };
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code === "") throw error;
      return code === "ENOENT" || code === "ENOTDIR" ? { is: "missing" } : { is: "unreadable", code };
    }
  }

  /** By the bytes that are there, not by the size that was announced. */
  function digestOf(handle: number): { sizeBytes: number; digest: string } {
    const sum = createHash("sha256");
    let sizeBytes = 0;
    for (let count = readSync(handle, buffer); count > 0; count = readSync(handle, buffer)) {
      sizeBytes += count;
      sum.update(buffer.subarray(0, count));
    }
    return { sizeBytes, digest: sum.digest("hex") };
  }
}
