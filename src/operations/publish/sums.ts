import { sumsLine } from "../../formats/sums/sha256sums.ts";
import { compareNames } from "../../model/compare-names.ts";
import type { Digest } from "../../model/digest.ts";
import type { NamedFile, StoredFile } from "../../model/history.ts";
import type { Tree } from "../../model/tree.ts";
import type { Transaction } from "../../store/transaction.ts";
import { entriesOf } from "../entries.ts";

/** What a checkpoint holds, as far as its sums say it. */
export interface SummedContent {
  readonly root: Digest;
  /** The generated manifest, which is no entry of the version. */
  readonly manifest: NamedFile | null;
  /** Content that is not served although the version names it. */
  readonly isLeftOut: (digest: Digest) => boolean;
}

/** Puts the SHA256SUMS of a checkpoint into the pool, without ever holding all of it. The same content gives the same bytes: an unchanged tree costs none. */
export async function putSums(
  transaction: Transaction,
  content: SummedContent,
  read: (digest: Digest) => Tree,
): Promise<StoredFile> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* sumsChunks(content, read);
  }
  const { digest, sizeBytes } = await transaction.put(chunks());
  return { digest, bytes: sizeBytes };
}

/** In pieces of some ten thousand bytes. */
function* sumsChunks(content: SummedContent, read: (digest: Digest) => Tree): Generator<Uint8Array> {
  let text = "";
  for (const { path, digest } of summedFiles(content, read)) {
    text += sumsLine(path, digest);
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** Every file of a checkpoint but asof's own listing pages, by path. */
function* summedFiles(
  { root, manifest, isLeftOut }: SummedContent,
  read: (digest: Digest) => Tree,
): Generator<{ readonly path: string; readonly digest: Digest; readonly sizeBytes: number }> {
  let waiting = manifest === null ? undefined : { path: manifest.name, ...manifest, sizeBytes: manifest.bytes };
  for (const entry of entriesOf(root, read)) {
    if (waiting !== undefined && compareNames(waiting.path, entry.path) < 0) {
      if (!isLeftOut(waiting.digest)) yield waiting;
      waiting = undefined;
    }
    if (!isLeftOut(entry.digest)) yield entry;
  }
  if (waiting !== undefined && !isLeftOut(waiting.digest)) yield waiting;
}
