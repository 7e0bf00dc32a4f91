import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { Failure } from "../failure.ts";
import { openStanzaReader } from "../formats/deb/packages.ts";
import { parseReleaseSums } from "../formats/deb/release-sums.ts";
import type { ListedContent } from "../formats/listed-content.ts";
import { openPrimaryReader } from "../formats/rpm/primary.ts";
import { parseRepomd } from "../formats/rpm/repomd.ts";
import type { RelativePath } from "../model/relative-path.ts";

/** What of a checkpoint is read to learn the digests of the rest. */
export interface IndexReading {
  /** Whether the checkpoint lists a file. */
  has(path: string): path is RelativePath;
  /** All bytes of a file that it lists; of the digest that is stated, where one is. */
  read(path: RelativePath, stated: ListedContent | undefined): Promise<Uint8Array>;
}

export interface KnownDigests {
  readonly contents: ReadonlyMap<string, ListedContent>;
  /** Files that an index names and the checkpoint does not list. */
  readonly missing: readonly string[];
}

/**
 * What rpm's and Debian's indexes say of the files of a checkpoint: repomd.xml names the primary, that names the packages; a Release names Packages and Sources, those name the pool. Each index is believed only with
 * the digest that the one above it states. What no index names, and what is compressed in a way that Node does not read, has no digest here.
 */
export async function readDigests(paths: readonly RelativePath[], reading: IndexReading): Promise<KnownDigests> {
  const contents = new Map<string, ListedContent>();
  const missing: string[] = [];
  /** Release and InRelease name the same. */
  const seen = new Set<string>();

  function learn(path: string, content: ListedContent): void {
    const known = contents.get(path);
    if (known !== undefined && known.digest !== content.digest) {
      throw new Failure("SOURCE_BAD_DATA", `two indexes give ${path} two digests`);
    }
    contents.set(path, content);
  }

  function learnPackage(path: string, content: ListedContent): void {
    if (reading.has(path)) learn(path, content);
    else if (missing.length < mostMissing) missing.push(path);
  }

  for (const path of paths) {
    const [, above, name] = /^(.*?)((?:repodata\/repomd\.xml)|(?:In)?Release)$/s.exec(path) ?? [];
    if (above === undefined || !(above === "" || above.endsWith("/"))) continue;
    if (name === "repodata/repomd.xml") await readRpm(above, path);
    else await readDeb(above, path);
  }
  return { contents, missing };

  async function readRpm(above: string, repomd: RelativePath): Promise<void> {
    for (const { type, href, content } of parseRepomd(text(await reading.read(repomd, undefined)))) {
      const path = above + href;
      if (content === undefined || !reading.has(path)) continue;
      learn(path, content);
      if (type !== "primary") continue;
      const reader = openPrimaryReader();
      await unpack(path, await reading.read(path, content), (piece) => {
        for (const one of reader.add(piece)) learnPackage(above + one.href, one.content);
      });
    }
  }

  async function readDeb(suite: string, release: RelativePath): Promise<void> {
    const sums = parseReleaseSums(text(await reading.read(release, undefined)));
    const dists = suite.startsWith("dists/") ? 0 : suite.indexOf("/dists/") + 1;
    const archive = suite.startsWith("dists/") || dists > 0 ? suite.slice(0, dists) : suite;
    for (const [name, content] of sums) {
      const path = suite + name;
      if (!reading.has(path)) continue;
      learn(path, content);
      if (!isReadIndex(name, (other) => sums.has(other) && reading.has(suite + other)) || seen.has(path)) continue;
      seen.add(path);
      const reader = openStanzaReader();
      const tell = (files: ReturnType<typeof reader.add>): void => {
        for (const one of files) learnPackage(archive + one.path, one.content);
      };
      await unpack(path, await reading.read(path, content), (piece) => tell(reader.add(piece)));
      tell(reader.end());
    }
  }
}

const mostMissing = 100;

/** Of Packages and Packages.gz one is enough. */
function isReadIndex(name: string, isThere: (other: string) => boolean): boolean {
  if (/(?:^|\/)(?:Packages|Sources)\.gz$/.test(name)) return true;
  return /(?:^|\/)(?:Packages|Sources)$/.test(name) && !isThere(`${name}.gz`);
}

/** Hands the text on in pieces: what is packed into a megabyte may be thousands of them. */
async function unpack(path: string, bytes: Uint8Array, onPiece: (piece: string) => void): Promise<void> {
  const isPacked = path.endsWith(".gz");
  if (!isPacked && !/(?:\.xml|\/Packages|\/Sources|^Packages|^Sources)$/.test(path)) return;
  const decoder = new TextDecoder();
  try {
    const source = Readable.from(cut(bytes));
    for await (const chunk of isPacked ? source.pipe(createGunzip()) : source) {
      if (chunk instanceof Uint8Array) onPiece(decoder.decode(chunk, { stream: true }));
    }
    onPiece(decoder.decode());
  } catch (cause) {
    const isBad =
      cause instanceof RangeError || (cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_"));
    if (!isBad) throw cause;
    throw new Failure("SOURCE_BAD_DATA", `${path} cannot be read: ${cause.message}`, { cause });
  }
}

function* cut(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const pieceBytes = 65_536;

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Whether bytes are the ones that an index states. */
export function isStated(bytes: Uint8Array, { digest, sizeBytes }: ListedContent): boolean {
  if (sizeBytes !== undefined && sizeBytes !== bytes.length) return false;
  return createHash("sha256").update(bytes).digest("hex") === digest;
}
