import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";

import { hasErrorCode, naming } from "../error-code.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import { printTree } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import { removeIfPossible, syncFileSystem } from "./disk.ts";
import type { StateLayout } from "./state-layout.ts";

/** Bytes that are on their way into the store. Nothing of them is visible before `seal`. */
export interface Transaction {
  /** A folder of its own below state/incoming, on the file system of the store and the site. */
  readonly dir: string;
  /** Streams content in, hashing the bytes written. Rejects and leaves nothing when `check` throws for the size so far or for the whole. */
  put(content: AsyncIterable<Uint8Array>, check?: ContentCheck): Promise<{ digest: Digest; sizeBytes: number }>;
  putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number };
  /** Takes a file of the same file system in: a hard link with `link`, where there can be one, else a copy. Its modification time stays. */
  putFile(file: string, options: { readonly link: boolean }): Promise<{ digest: Digest; sizeBytes: number }>;
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
 * validators of it. Content that is `refused`, because it was taken down, is not sealed: a directory's files are only known once they were read.
 */
export function beginTransaction(
  layout: StateLayout,
  now: () => number,
  refused: () => ReadonlySet<Digest> = () => new Set(),
): Transaction {
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
      removeIfPossible(file);
      throw naming(error, file);
    }
  }

  function putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number } {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const digest = asDigest(createHash("sha256").update(bytes).digest("hex"));
    if (!isStored(digest, bytes.length)) {
      const file = nextName();
      writeNew(file, bytes);
      const second = Math.floor(now());
      utimesSync(file, second, second);
      objects.set(digest, file);
    }
    return { digest, sizeBytes: bytes.length };
  }

  async function putFile(
    from: string,
    { link }: { readonly link: boolean },
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    const file = nextName();
    if (!link || !linkIfPossible(from, file)) {
      const stat = lstatSync(from);
      copyFileSync(from, file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      utimesSync(file, stat.atime, stat.mtime);
      chmodSync(file, 0o444);
    }
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    for await (const chunk of handle.createReadStream()) {
      if (!(chunk instanceof Uint8Array)) throw new Error("a stream of bytes gives bytes");
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    const stored = { digest: asDigest(hash.digest("hex")), sizeBytes };
    if (isStored(stored.digest, sizeBytes)) unlinkSync(file);
    else objects.set(stored.digest, file);
    return stored;
  }

  function putTree(tree: Tree): Digest {
    const text = printTree(tree);
    const digest = treeDigest(tree);
    if (!trees.has(digest) && !existsSync(layout.tree(digest))) trees.set(digest, text);
    return digest;
  }

  async function seal(): Promise<void> {
    if (objects.size === 0 && trees.size === 0) return;
    const gone = refused();
    const moves = [...objects]
      .filter(([digest]) => !gone.has(digest))
      .map(([digest, file]) => ({ file, to: layout.object(digest) }));
    for (const [digest, text] of trees) {
      const file = nextName();
      writeNew(file, text);
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

  return { dir, put, putText, putFile, putTree, seal, discard: () => removeIfPossible(dir) };
}

/** The digest under which the record of a directory is stored. */
export function treeDigest(tree: Tree): Digest {
  return asDigest(createHash("sha256").update(printTree(tree)).digest("hex"));
}

/** Gives a file a second name; false, and nothing done, where it cannot have one there. */
export function linkIfPossible(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EMLINK", "EPERM", "EXDEV", "ENOTSUP")) return false;
    throw error;
  }
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

/** Writes a file of the pool that is not there yet. */
function writeNew(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content, { mode: 0o444, flag: "wx" });
  } catch (error) {
    throw naming(error, file);
  }
}
