import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { Entry } from "../model/entry.ts";
import type { Directories, PlannedDirectory } from "../model/plan-trees.ts";
import { isRelativePath } from "../model/relative-path.ts";
import { isTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import type { Tree } from "../model/tree.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";

/** A whole version in one list: what its records say, without opening one file a directory. */
export interface VersionIndex {
  readonly root: Digest;
  /** Sorted by path. */
  readonly entries: readonly Entry[];
  readonly directories: Directories;
}

/** Indexes of versions: of each repository the one that was asked for last is in memory, and the latest one in the cache. */
export interface VersionIndexes {
  of(repository: string, root: Digest): VersionIndex;
  remember(repository: string, index: VersionIndex): void;
}

export function openVersionIndexes(
  fileOf: (repository: string) => string,
  read: (digest: Digest) => Tree,
): VersionIndexes {
  const known = new Map<string, VersionIndex>();
  return {
    of(repository, root) {
      const last = known.get(repository);
      if (last?.root === root) return last;
      const index = readVersionIndex(fileOf(repository), root) ?? indexRecords(root, read);
      known.set(repository, index);
      return index;
    },
    remember(repository, index) {
      known.set(repository, index);
      writeVersionIndex(fileOf(repository), index);
    },
  };
}

/** The index of a version that is in no cache. */
function indexRecords(root: Digest, read: (digest: Digest) => Tree): VersionIndex {
  const entries: Entry[] = [];
  const directories = new Map<string, PlannedDirectory>();
  const collect = (tree: Tree): void => {
    const prefix = tree.path === "" ? "" : `${tree.path}/`;
    for (const node of tree.nodes) {
      const path = prefix + node.name;
      if (node.kind === "directory") {
        const { tree: below, files, bytes, newest } = node;
        directories.set(path, { tree: below, files, bytes, newest });
        collect(read(below));
        continue;
      }
      if (!isRelativePath(path)) throw new Error(`a record holds the path ${path}`);
      entries.push({ path, digest: node.digest, sizeBytes: node.sizeBytes, added: node.added });
    }
  };
  collect(read(root));
  return { root, entries, directories };
}

/**
 * Reads the index of a version from the cache; undefined when there is none, when it is damaged, or when it is about another version. Losing it costs time, never correctness.
 *
 * The format is text: a line with version and SHA-256 of the rest, the root's digest, then a line a file (`<digest> <bytes> <added> <path>`), an empty line, and a line a directory
 * (`<record> <files> <bytes> <newest> <path>`).
 */
function readVersionIndex(file: string, root: Digest): VersionIndex | undefined {
  const body = readSealed(file, label);
  if (body === undefined) return undefined;
  const text = body.toString();
  let at = 0;
  // The digest of the whole says that each line is as it was written, and that the last one has its end.
  const nextLine = (): string => {
    const line = text.slice(at, text.indexOf("\n", at));
    at += line.length + 1;
    return line;
  };
  if (nextLine() !== root) return undefined;
  const entries: Entry[] = [];
  const directories = new Map<string, PlannedDirectory>();
  // A hundred thousand files came in a handful of seconds: each is kept once.
  const seconds = new Map<string, Timestamp>();
  const secondOf = (second: string): Timestamp | undefined => {
    const known = seconds.get(second);
    if (known !== undefined || !isTimestamp(second)) return known;
    seconds.set(second, second);
    return second;
  };
  for (let line = nextLine(); line !== ""; line = nextLine()) {
    const [digest, size, second, path] = fieldsOf(line, 4);
    const added = secondOf(second);
    if (!isDigest(digest) || added === undefined || !isRelativePath(path)) return undefined;
    entries.push({ path, digest, sizeBytes: Number(size), added });
  }
  while (at < text.length) {
    const [tree, files, bytes, second, path] = fieldsOf(nextLine(), 5);
    const newest = secondOf(second);
    if (!isDigest(tree) || newest === undefined) return undefined;
    directories.set(path, { tree, files: Number(files), bytes: Number(bytes), newest });
  }
  return { root, entries, directories };
}

/** Writes the index of a version in the place of whichever there was. In pieces: as one text it would be in memory several times. */
function writeVersionIndex(file: string, { root, entries, directories }: VersionIndex): void {
  const pieces: Buffer[] = [];
  let text = `${root}\n`;
  const add = (line: string): void => {
    text += line;
    if (text.length < pieceLength) return;
    pieces.push(Buffer.from(text));
    text = "";
  };
  for (const { path, digest, sizeBytes, added } of entries) add(`${digest} ${sizeBytes} ${added} ${path}\n`);
  add("\n");
  for (const [path, { tree, files, bytes, newest }] of directories)
    add(`${tree} ${files} ${bytes} ${newest} ${path}\n`);
  pieces.push(Buffer.from(text));
  writeSealed(file, label, pieces);
}

const label = "asof version index 1";
const pieceLength = 1 << 16;

/** Parts between blanks; the last one is a path and has the rest, blanks and all. */
function fieldsOf(line: string, count: 4): readonly [string, string, string, string];
function fieldsOf(line: string, count: 5): readonly [string, string, string, string, string];
function fieldsOf(line: string, count: number): readonly string[] {
  const fields: string[] = [];
  let from = 0;
  for (let field = 1; field < count; field++) {
    const blank = line.indexOf(" ", from);
    fields.push(line.slice(from, blank));
    from = blank + 1;
  }
  fields.push(line.slice(from));
  return fields;
}
