import { sumsLine } from "../../formats/sums/sha256sums.ts";
import { compareNames } from "../../model/compare-names.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import type { NamedFile, StoredFile } from "../../model/history.ts";
import type { Transaction } from "../../store/transaction.ts";

/** What a checkpoint holds, as far as its sums say it. */
export interface SummedContent {
  /** By path. */
  readonly entries: Iterable<Entry>;
  /** The generated manifest, which is no entry of the version. */
  readonly manifest: NamedFile | null;
  /** Content that is not served although the version names it. */
  readonly isLeftOut: (digest: Digest) => boolean;
}

/** Puts the SHA256SUMS of a checkpoint into the pool, without ever holding all of it. The same content gives the same bytes: an unchanged tree costs none. */
export async function putSums(transaction: Transaction, content: SummedContent): Promise<StoredFile> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* sumsChunks(content);
  }
  const { digest, sizeBytes } = await transaction.put(chunks());
  return { digest, bytes: sizeBytes };
}

/** In pieces of some ten thousand bytes. */
function* sumsChunks(content: SummedContent): Generator<Uint8Array> {
  let text = "";
  for (const { path, digest } of summedFiles(content)) {
    text += sumsLine(path, digest);
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** Every file of a checkpoint but asof's own listing pages, by path. */
function* summedFiles({
  entries,
  manifest,
  isLeftOut,
}: SummedContent): Generator<{ readonly path: string; readonly digest: Digest; readonly sizeBytes: number }> {
  let waiting = manifest === null ? undefined : { path: manifest.name, ...manifest, sizeBytes: manifest.bytes };
  for (const entry of entries) {
    if (waiting !== undefined && compareNames(waiting.path, entry.path) < 0) {
      if (!isLeftOut(waiting.digest)) yield waiting;
      waiting = undefined;
    }
    if (!isLeftOut(entry.digest)) yield entry;
  }
  if (waiting !== undefined && !isLeftOut(waiting.digest)) yield waiting;
}
