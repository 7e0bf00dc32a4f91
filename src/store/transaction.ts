import { createHash, randomUUID } from "node:crypto";
import {
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";

import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import { printTree } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import { syncFileSystem } from "./disk.ts";
import type { StateLayout } from "./state-layout.ts";

/** Bytes that are on their way into the store. Nothing of them is visible before `seal`. */
export interface Transaction {
  /** A folder of its own below state/incoming, on the file system of the store and the site. */
  readonly dir: string;
  /** Streams content in, hashing the bytes written. Rejects and leaves nothing when `check` throws for the size so far or for the whole. */
  put(content: AsyncIterable<Uint8Array>, check?: ContentCheck): Promise<{ digest: Digest; sizeBytes: number }>;
  putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number };
  putTree(tree: Tree): Digest;
  /** Makes everything durable, then gives it its final names, then makes the names durable. */
  seal(): Promise<void>;
  /** Removes whatever was not sealed. */
  discard(): void;
}

export interface ContentCheck {
  /** Throws when so many bytes are already too many. */
  size(bytesSoFar: number): void;
  /** Throws when the whole is not what was announced. */
  whole(content: { digest: Digest; sizeBytes: number }): void;
}

/**
 * Opens a transaction. Objects are files of mode 0444 whose modification time is the second at which they were first stored, because web servers make
 * validators of it.
 */
export function beginTransaction(layout: StateLayout, now: () => number): Transaction {
  const dir = path.join(layout.incoming, randomUUID());
  mkdirSync(dir, { mode: 0o700 });
  const objects = new Map<Digest, string>();
  const trees = new Map<Digest, string>();
  let counter = 0;

  const nextName = (): string => path.join(dir, `object-${(counter += 1)}`);
  const isStored = (digest: Digest, sizeBytes: number): boolean =>
    objects.has(digest) || hasObject(layout, digest, sizeBytes);

  async function put(
    content: AsyncIterable<Uint8Array>,
    check?: ContentCheck,
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    const file = nextName();
    const handle = await open(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const hash = createHash("sha256");
      let sizeBytes = 0;
      for await (const chunk of content) {
        sizeBytes += chunk.length;
        check?.size(sizeBytes);
        hash.update(chunk);
        for (let offset = 0; offset < chunk.length;) offset += (await handle.write(chunk, offset)).bytesWritten;
      }
      const stored = { digest: asDigest(hash.digest("hex")), sizeBytes };
      check?.whole(stored);
      await handle.chmod(0o444);
      const second = Math.floor(now());
      await handle.utimes(second, second);
      await handle.close();
      if (isStored(stored.digest, sizeBytes)) unlinkSync(file);
      else objects.set(stored.digest, file);
      return stored;
    } catch (error) {
      await handle.close();
      rmSync(file, { force: true });
      throw error;
    }
  }

  function putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number } {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const digest = asDigest(createHash("sha256").update(bytes).digest("hex"));
    if (!isStored(digest, bytes.length)) {
      const file = nextName();
      writeFileSync(file, bytes, { mode: 0o444, flag: "wx" });
      const second = Math.floor(now());
      utimesSync(file, second, second);
      objects.set(digest, file);
    }
    return { digest, sizeBytes: bytes.length };
  }

  function putTree(tree: Tree): Digest {
    const text = printTree(tree);
    const digest = asDigest(createHash("sha256").update(text).digest("hex"));
    if (!trees.has(digest) && !existsSync(layout.tree(digest))) trees.set(digest, text);
    return digest;
  }

  async function seal(): Promise<void> {
    if (objects.size === 0 && trees.size === 0) return;
    const moves = [...objects].map(([digest, file]) => ({ file, to: layout.object(digest) }));
    for (const [digest, text] of trees) {
      const file = nextName();
      writeFileSync(file, text, { mode: 0o444, flag: "wx" });
      moves.push({ file, to: layout.tree(digest) });
    }
    await syncFileSystem(dir);
    for (const { file, to } of moves) {
      mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
      renameSync(file, to);
    }
    await syncFileSystem(dir);
    objects.clear();
    trees.clear();
  }

  return { dir, put, putText, putTree, seal, discard: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Whether the pool holds `digest` as a regular file of the right size. A file of another size is the trace of damage and is fetched again. */
export function hasObject(layout: StateLayout, digest: Digest, sizeBytes: number | undefined): boolean {
  const stat = lstatSync(layout.object(digest), { throwIfNoEntry: false });
  return stat?.isFile() === true && (sizeBytes === undefined || stat.size === sizeBytes);
}

function asDigest(hex: string): Digest {
  if (!isDigest(hex)) throw new Error("SHA-256 is not 64 hex digits");
  return hex;
}
