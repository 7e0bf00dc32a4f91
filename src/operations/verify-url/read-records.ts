import type { Digest } from "../../model/digest.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import { isRelativePath } from "../../model/relative-path.ts";
import { parseTree } from "../../model/tree.ts";
import type { Tree } from "../../model/tree.ts";
import { sha256 } from "./mirror-client.ts";
import type { MirrorClient } from "./mirror-client.ts";

/** A file that a checkpoint must have. */
export interface ExpectedFile {
  readonly path: RelativePath;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface RecordReader {
  /** Every file below a root, by path. A directory whose record is missing or wrong is left out and reported. */
  files(root: Digest): AsyncGenerator<ExpectedFile, void, undefined>;
  /** The record of the directory at `path`. Undefined, and reported, when it is missing or wrong. */
  record(digest: Digest, path: string): Promise<Tree | undefined>;
}

const mostRecordBytes = 256 * 1_048_576;
/** Parsed records kept, counted in entries: checkpoints share most of them. */
const mostKeptEntries = 200_000;

export function openRecordReader(
  client: MirrorClient,
  base: URL,
  options: { readonly repository: string; onFault(path: string, kind: "altered" | "missing", text: string): void },
): RecordReader {
  const trees = new Map<Digest, Tree>();
  const reading = new Map<Digest, Promise<Tree | undefined>>();
  let keptEntries = 0;

  async function* files(root: Digest, path = ""): AsyncGenerator<ExpectedFile, void, undefined> {
    const tree = await read(root, path);
    const prefix = path === "" ? "" : `${path}/`;
    for (const node of tree?.nodes ?? []) {
      const below = prefix + node.name;
      if (node.kind === "directory" && isRelativePath(below)) yield* files(node.tree, below);
      else if (node.kind === "file" && isRelativePath(below))
        yield { path: below, digest: node.digest, sizeBytes: node.sizeBytes };
      else options.onFault(recordPath(root), "altered", `names ${JSON.stringify(below)}, which is no name for a file`);
    }
  }

  async function read(digest: Digest, path: string): Promise<Tree | undefined> {
    // Who compares checkpoints side by side asks for one record twice.
    const asked = reading.get(digest) ?? fetchRecord(digest, path).finally(() => reading.delete(digest));
    reading.set(digest, asked);
    return asked;
  }

  /** A record is what its digest says or it is nothing; that it stands at its own path is asked too, because the digest does not know who names it. */
  async function fetchRecord(digest: Digest, path: string): Promise<Tree | undefined> {
    const where = recordPath(digest);
    const what = `the record of ${path === "" ? "the root" : path}`;
    const isWanted = (tree: Tree): boolean => tree.repository === options.repository && tree.path === path;
    const known = trees.get(digest);
    if (known !== undefined && isWanted(known)) return known;
    const text = await client.text(client.url(base, where), mostRecordBytes);
    if (!Buffer.isBuffer(text)) {
      options.onFault(where, "missing", `${what} is not there (${text.status}): what lies below cannot be checked`);
      return undefined;
    }
    const tree = sha256(text) === digest ? parseTree(text.toString("utf8")) : undefined;
    if (tree === undefined || !isWanted(tree)) {
      options.onFault(where, "altered", `is not ${what}: what lies below cannot be checked`);
      return undefined;
    }
    keptEntries += tree.nodes.length;
    if (keptEntries > mostKeptEntries) {
      trees.clear();
      keptEntries = tree.nodes.length;
    }
    trees.set(digest, tree);
    return tree;
  }

  return { files, record: read };
}

function recordPath(digest: Digest): string {
  return `_asof/tree/${digest.slice(0, 2)}/${digest}`;
}
