import type { Digest } from "./digest.ts";
import type { ContentFacts } from "./growth.ts";

/** A file as a version or a listed source has it. */
export interface CountedFile {
  readonly path: string;
  /** Undefined where it was not read: its content is then counted as one that no other file has. */
  readonly digest: Digest | undefined;
  readonly sizeBytes: number | undefined;
}

/** Counts what a version, or a source, is like. Files without a size count as empty. */
export function contentFacts(files: Iterable<CountedFile>, blockBytes: number): ContentFacts {
  const paths = new Map<Digest, number>();
  const below = new Map<string, number>();
  let mostPaths = 1;
  const facts = {
    files: 0,
    bytes: 0,
    contents: 0,
    contentBytes: 0,
    contentDiskBytes: 0,
    emptyFiles: 0,
    ownListings: 0,
    nameBytes: 0,
    longestPathBytes: 0,
    manifestBytes: 0,
    sumsBytes: 0,
  };
  for (const { path, digest, sizeBytes = 0 } of files) {
    const pathBytes = Buffer.byteLength(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    facts.files += 1;
    facts.bytes += sizeBytes;
    facts.nameBytes += Buffer.byteLength(name);
    facts.longestPathBytes = Math.max(facts.longestPathBytes, pathBytes);
    facts.manifestBytes += pathBytes + digestLetters + String(sizeBytes).length + ",,\n".length;
    facts.sumsBytes += pathBytes + digestLetters + "  \n".length;
    if (sizeBytes === 0) facts.emptyFiles += 1;
    if (name === "index.html") facts.ownListings += 1;
    const before = digest === undefined ? 0 : (paths.get(digest) ?? 0);
    if (digest !== undefined) paths.set(digest, before + 1);
    if (sizeBytes > 0) mostPaths = Math.max(mostPaths, before + 1);
    if (before === 0) {
      facts.contents += 1;
      facts.contentBytes += sizeBytes;
      facts.contentDiskBytes += Math.ceil(sizeBytes / blockBytes) * blockBytes;
    }
    for (const directory of directoriesAbove(path)) below.set(directory, (below.get(directory) ?? 0) + 1);
  }
  const directorySizes = new Map<number, number>();
  let topDirectories = 0;
  for (const [directory, count] of below) {
    directorySizes.set(count, (directorySizes.get(count) ?? 0) + 1);
    if (!directory.includes("/")) topDirectories += 1;
  }
  return { ...facts, directories: below.size, directorySizes, topDirectories, mostPaths };
}

/** `a/b/c`: `a/b` and `a`. The root is none of them. */
export function* directoriesAbove(path: string): Generator<string> {
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1))
    yield path.slice(0, slash);
}

const digestLetters = 64;
