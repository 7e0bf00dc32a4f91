import { createHash, hash, randomUUID } from "node:crypto";
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";

import { hasErrorCode, naming } from "../error-code.ts";
import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import { printTree } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import { removeIfPossible, syncFileSystem } from "./disk.ts";
import { openStagedFiles } from "./staged-files.ts";
import type { StateLayout } from "./state-layout.ts";

/** Bytes that are on their way into the store. Nothing of them is visible before `seal`. */
export interface Transaction {
  /** A folder of its own below state/incoming, on the file system of the store and the site. */
  readonly dir: string;
  /** Takes content in, streaming what does not come at once, and hashing the bytes written. Rejects and leaves nothing when `check` throws for the size so far or for the whole. */
  put(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    check?: ContentCheck,
  ): Promise<{ digest: Digest; sizeBytes: number }>;
  /** Whether content is in the pool, see `hasObject`, or taken in already. */
  has(digest: Digest, sizeBytes: number | undefined): boolean;
  /** Where somebody else may write a file as an object has to be, hashing what is written; `take` takes it in. */
  place(): ObjectPlace;
  /** `from` is `device,inode` of the file that it is a copy of: "itself" when that is the pool's own. */
  take(
    file: string,
    content: { readonly digest: Digest; readonly sizeBytes: number },
    from?: string,
  ): "taken" | "itself";
  putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number };
  /** Takes a file of the same file system in: a hard link with `link`, where there can be one, else a copy. Its modification time stays. */
  putFile(file: string, options: { readonly link: boolean }): Promise<{ digest: Digest; sizeBytes: number }>;
  putTree(tree: Tree): Digest;
  /** Makes everything durable, then gives it its final names, then makes the names durable, unless a barrier follows before anything is recorded that needs them. Answers whether anything got a name. */
  seal(options?: { readonly barrierFollows: boolean }): Promise<boolean>;
  /** Removes whatever was not sealed. */
  discard(): void;
}

/** See `ContentSink.place`. */
export interface ObjectPlace {
  readonly folder: string;
  readonly file: string;
}

export interface ContentCheck {
  /** Throws when so many bytes are already too many. */
  size(bytesSoFar: number): void;
  /** Throws when the whole is not what was announced. */
  whole(content: { digest: Digest; sizeBytes: number }): void;
}

/**
 * Opens a transaction. Objects are files of mode 0444 whose modification time is the second at which they were first stored, because web servers make
 * validators of it. `onTree` hears of every record that is put. Content that is `refused`, because it was taken down, is not sealed: a directory's files are only known once they were read.
 */
export function beginTransaction(
  layout: StateLayout,
  now: () => number,
  refused: () => ReadonlySet<Digest> = () => new Set(),
  onTree: (digest: Digest, tree: Tree) => void = () => {},
): Transaction {
  const dir = path.join(layout.incoming, randomUUID());
  mkdirSync(dir, { mode: 0o700 });
  const prefix = `${dir}/object-`;
  let counter = 0;

  const nextName = (): string => `${prefix}${(counter += 1)}`;
  const nameOf = (number: number): string => `${prefix}${number}`;
  const numberOf = (file: string): number => (file.startsWith(prefix) ? Number(file.slice(prefix.length)) : 0);
  const objects = openStagedFiles(`${dir}/objects`, (digest) => layout.object(digest), nameOf);
  const trees = openStagedFiles(`${dir}/trees`, (digest) => layout.tree(digest), nameOf);
  function has(digest: Digest, sizeBytes: number | undefined): boolean {
    const staged = objects.pathOf(digest);
    if (staged !== undefined) return sizeBytes === undefined || lstatSync(staged).size === sizeBytes;
    return !objects.isFolderNew(digest) && hasObject(layout, digest, sizeBytes);
  }

  let folder: string | undefined;

  /** One object for many files. */
  function place(): ObjectPlace {
    folder ??= objects.openFolder();
    return { folder, file: nextName() };
  }

  function take(
    file: string,
    { digest, sizeBytes }: { readonly digest: Digest; readonly sizeBytes: number },
    from?: string,
  ): "taken" | "itself" {
    if (objects.has(digest) || !has(digest, sizeBytes)) {
      objects.add(digest, numberOf(file));
      return "taken";
    }
    unlinkSync(file);
    if (from === undefined) return "taken";
    const { dev, ino } = lstatSync(layout.object(digest), { bigint: true });
    return `${dev},${ino}` === from ? "itself" : "taken";
  }

  async function put(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    check?: ContentCheck,
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    if (content instanceof Uint8Array) return putBytes(content, check);
    const file = nextName();
    const handle = await open(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const sum = createHash("sha256");
      let sizeBytes = 0;
      for await (const chunk of content) {
        sizeBytes += chunk.length;
        check?.size(sizeBytes);
        sum.update(chunk);
        for (let offset = 0; offset < chunk.length;) offset += (await handle.write(chunk, offset)).bytesWritten;
      }
      const stored = { digest: asDigest(sum.digest("hex")), sizeBytes };
      check?.whole(stored);
      await handle.chmod(0o444);
      const second = Math.floor(now());
      await handle.utimes(second, second);
      await handle.close();
      take(file, stored);
      return stored;
    } catch (error) {
      await handle.close();
      removeIfPossible(file);
      throw naming(error, file);
    }
  }

  function putText(text: string | Uint8Array): { digest: Digest; sizeBytes: number } {
    return putBytes(typeof text === "string" ? Buffer.from(text) : text);
  }

  /** Synchronous: for a small file each trip through the thread pool takes longer than the call itself. */
  function putBytes(bytes: Uint8Array, check?: ContentCheck): { digest: Digest; sizeBytes: number } {
    check?.size(bytes.length);
    const digest = asDigest(hash("sha256", bytes, "hex"));
    check?.whole({ digest, sizeBytes: bytes.length });
    if (!has(digest, bytes.length)) objects.write(digest, bytes, Math.floor(now()));
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
    const sum = createHash("sha256");
    let sizeBytes = 0;
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    for await (const chunk of handle.createReadStream()) {
      if (!(chunk instanceof Uint8Array)) throw new Error("a stream of bytes gives bytes");
      sum.update(chunk);
      sizeBytes += chunk.length;
    }
    const stored = { digest: asDigest(sum.digest("hex")), sizeBytes };
    take(file, stored);
    return stored;
  }

  function putTree(tree: Tree): Digest {
    const text = printTree(tree);
    const digest = digestOf(text);
    if (!trees.has(digest) && (trees.isFolderNew(digest) || !existsSync(layout.tree(digest))))
      trees.write(digest, Buffer.from(text));
    onTree(digest, tree);
    return digest;
  }

  async function seal({ barrierFollows } = { barrierFollows: false }): Promise<boolean> {
    if (objects.size === 0 && trees.size === 0) return false;
    const gone = refused();
    await syncFileSystem(dir);
    objects.giveNames(gone);
    trees.giveNames();
    if (!barrierFollows) await syncFileSystem(dir);
    return true;
  }

  return { dir, put, has, place, take, putText, putFile, putTree, seal, discard: () => removeIfPossible(dir) };
}

/** The digest under which the record of a directory is stored. */
export function treeDigest(tree: Tree): Digest {
  return digestOf(printTree(tree));
}

function digestOf(text: string): Digest {
  return asDigest(hash("sha256", text, "hex"));
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
