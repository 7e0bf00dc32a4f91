import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import path from "node:path";

import { compareNames } from "../../model/compare-names.ts";
import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { parseTree, printTree } from "../../model/tree.ts";
import type { Tree, TreeNode } from "../../model/tree.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { readIfThere, syncFileSystem } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";
import { rowsAt, whereIs } from "./known-rows.ts";
import type { KnownRows, RecordPlace } from "./known-rows.ts";

/**
 * Makes damaged and missing records again and puts them in place by a rename: from the copy that is published beside checkpoints, or from a directory of the site that has what the record told. A
 * record is taken only when its SHA-256 is its name.
 */
export async function restoreRecords(
  workspace: Workspace,
  broken: ReadonlySet<Digest>,
  tree: (digest: Digest) => Tree | undefined,
): Promise<ReadonlySet<Digest>> {
  const restored = new Set<Digest>();
  const made = new Map<Digest, Tree>();
  const read = (digest: Digest): Tree | undefined => made.get(digest) ?? tree(digest);
  if (broken.size === 0) return restored;
  const { store, signal } = workspace;
  mkdirSync(store.layout.trees, { recursive: true, mode: 0o700 });
  const transaction = store.begin();
  const staged: { readonly from: string; readonly to: string }[] = [];
  try {
    // A directory is told by the records of those in it: what is found in one round may help in the next.
    for (let before = -1; before !== restored.size && restored.size < broken.size;) {
      before = restored.size;
      const places = whereIs(workspace, broken, read);
      for (const digest of broken) {
        signal.throwIfAborted();
        if (restored.has(digest)) continue;
        const text =
          emptyRoot(workspace, digest) ??
          publishedCopy(workspace, digest) ??
          (await madeFromSite(workspace, digest, places.get(digest) ?? [], read));
        if (text === undefined) continue;
        const from = path.join(transaction.dir, `record-${staged.length}`);
        writeFileSync(from, text, { mode: 0o444, flag: "wx" });
        staged.push({ from, to: store.layout.tree(digest) });
        restored.add(digest);
        const parsed = parseTree(text.toString("utf8"));
        if (parsed !== undefined) made.set(digest, parsed);
      }
    }
    if (staged.length === 0) return restored;
    await syncFileSystem(transaction.dir);
    for (const { from, to } of staged) {
      mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
      renameSync(from, to);
    }
    await syncFileSystem(transaction.dir);
    return restored;
  } finally {
    transaction.discard();
  }
}

/** Version 0 of every repository has no files, and no place in the site. */
function emptyRoot({ store }: Workspace, digest: Digest): Buffer | undefined {
  return store
    .repositoryNames()
    .map((repository) => Buffer.from(printTree({ repository, path: "", nodes: [] })))
    .find((text) => sha256(text) === digest);
}

function publishedCopy({ config, publicLayout }: Workspace, digest: Digest): Buffer | undefined {
  for (const { basePath, checkpoint } of config.distributions) {
    const bytes = checkpoint ? readIfThere(publicLayout.record(basePath, digest)) : undefined;
    if (bytes !== undefined && sha256(bytes) === digest) return bytes;
  }
  return undefined;
}

/** The record's text, when one of the directories that should hold what it told gives it back. */
async function madeFromSite(
  workspace: Workspace,
  digest: Digest,
  places: readonly RecordPlace[],
  read: (digest: Digest) => Tree | undefined,
): Promise<Buffer | undefined> {
  for (const place of places) {
    const known = rowsAt(workspace, place, read);
    for (const dir of place.dirs) {
      if (lstatIfThere(dir)?.isDirectory() !== true) continue;
      const found = await readDirectory(workspace, dir, place);
      for (const nodes of possibleNodes(found, known)) {
        const text = Buffer.from(printTree({ repository: place.repository, path: place.path, nodes }));
        if (sha256(text) === digest) return text;
      }
    }
  }
  return undefined;
}

type FoundEntry =
  | { readonly kind: "file"; readonly name: string; readonly digest: Digest; readonly sizeBytes: number }
  /** `prefix`: the first digits of its record, which a symlink to a shared directory tells. */
  | { readonly kind: "directory"; readonly name: string; readonly prefix: string };

/** What a directory of the site has of a version: without the page and the manifest that asof made. */
async function readDirectory(
  { store }: Workspace,
  dir: string,
  { generated }: RecordPlace,
): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const name of readdirSync(dir)) {
    const file = path.join(dir, name);
    const there = lstatIfThere(file);
    if (there === undefined || generated.includes(name)) continue;
    if (!there.isFile()) {
      found.push({ kind: "directory", name, prefix: there.isSymbolicLink() ? sharedPrefix(readlinkSync(file)) : "" });
      continue;
    }
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    const digest = parseDigest(hash.digest("hex"));
    // A page is in no pool; a repository's own index.html is.
    if (digest === undefined || (name === "index.html" && !existsSync(store.layout.object(digest)))) continue;
    found.push({ kind: "file", name, digest, sizeBytes: there.size });
  }
  return found;
}

/**
 * The rows that a record with these entries may have had, the likeliest first. A file has the second at which it came: that of another record that has the same file, or of one of the versions; a directory is one
 * that another record of this path names.
 */
function* possibleNodes(found: readonly FoundEntry[], known: KnownRows): Generator<readonly TreeNode[]> {
  let count = 0;
  for (const fallback of known.seconds) {
    const choices = found.map((entry): readonly TreeNode[] =>
      entry.kind === "directory" ? directoryChoices(entry, known) : fileChoices(entry, known, fallback),
    );
    for (const nodes of product(choices)) {
      yield nodes.toSorted((a, b) => compareNames(sortKey(a), sortKey(b)));
      // Few rows have more than one possible second; many that do are not worth hours.
      if ((count += 1) >= mostTries) return;
    }
  }
}

const mostTries = 4096;

function directoryChoices({ name, prefix }: FoundEntry & { kind: "directory" }, known: KnownRows): readonly TreeNode[] {
  return (known.directories.get(name) ?? []).filter(
    (node) => node.kind === "directory" && node.tree.startsWith(prefix),
  );
}

function sharedPrefix(target: string): string {
  return target.split("/").slice(-2).join("");
}

function fileChoices(entry: FoundEntry & { kind: "file" }, known: KnownRows, fallback: Timestamp): readonly TreeNode[] {
  const seconds = known.added.get(`${entry.digest} ${entry.name}`) ?? new Set([fallback]);
  return [...seconds].map((added) => ({ ...entry, added }));
}

/** Every way to take one of each. */
function* product(choices: readonly (readonly TreeNode[])[]): Generator<readonly TreeNode[]> {
  const counters = choices.map(() => 0);
  if (choices.some((one) => one.length === 0)) return;
  for (;;) {
    yield choices.flatMap((options, index) => options.slice(counters[index], (counters[index] ?? 0) + 1));
    let index = 0;
    for (; index < choices.length; index++) {
      counters[index] = (counters[index] ?? 0) + 1;
      if ((counters[index] ?? 0) < (choices[index]?.length ?? 0)) break;
      counters[index] = 0;
    }
    if (index === choices.length) return;
  }
}

function sortKey(node: TreeNode): string {
  return node.kind === "directory" ? `${node.name}/` : node.name;
}

function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
