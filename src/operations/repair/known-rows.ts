import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Tree, TreeNode } from "../../model/tree.ts";
import { checkpointDistributions } from "../build/stage-checkpoint.ts";
import type { Workspace } from "../workspace.ts";

/** Where a record belongs, and the directories of the site that hold what it tells. */
export interface RecordPlace {
  readonly repository: string;
  readonly path: string;
  readonly dirs: readonly string[];
  /** Names in those directories that asof generates. */
  readonly generated: readonly string[];
}

/** What other records and the log tell of the rows that a record of one path may have. */
export interface KnownRows {
  /** `digest name` -> seconds at which that file came. */
  readonly added: ReadonlyMap<string, ReadonlySet<Timestamp>>;
  readonly directories: ReadonlyMap<string, readonly TreeNode[]>;
  /** Of the repository's versions, newest first. */
  readonly seconds: readonly Timestamp[];
}

/** Finds by the records that can be read what the others are records of. */
export function whereIs(
  workspace: Workspace,
  broken: ReadonlySet<Digest>,
  read: (digest: Digest) => Tree | undefined,
): ReadonlyMap<Digest, readonly RecordPlace[]> {
  const { store, publicLayout } = workspace;
  const places = new Map<Digest, RecordPlace[]>();
  const seen = new Set<Digest>();
  const add = (digest: Digest, place: RecordPlace): void =>
    void places.set(digest, [...(places.get(digest) ?? []), place]);

  for (const repository of store.repositoryNames()) {
    const history = store.repository(repository)?.history;
    for (const { created, root, manifest, tombstone } of history?.checkpoints ?? []) {
      const dirs = checkpointDistributions(workspace, repository).map(({ basePath }) =>
        publicLayout.checkpoint(basePath, created),
      );
      // Pruned ones are served until their grace time is over.
      if (tombstone !== undefined && !dirs.some((dir) => existsSync(dir))) continue;
      if (broken.has(root))
        add(root, { repository, path: "", dirs, generated: manifest === null ? [] : [manifest.name] });
      follow(repository, root, dirs);
    }
  }
  return places;

  function follow(repository: string, digest: Digest, dirs: readonly string[]): void {
    if (seen.has(digest)) return;
    seen.add(digest);
    const tree = read(digest);
    for (const node of tree?.nodes ?? []) {
      if (node.kind === "file") continue;
      const below = dirs.map((dir) => path.join(dir, node.name));
      const inside = tree?.path === "" ? node.name : `${tree?.path}/${node.name}`;
      if (broken.has(node.tree))
        add(node.tree, { repository, path: inside, dirs: [publicLayout.shared(node.tree), ...below], generated: [] });
      follow(repository, node.tree, below);
    }
  }
}

/** Reads every record of the store that belongs to the same path. */
export function rowsAt(
  { store }: Workspace,
  place: Pick<RecordPlace, "repository" | "path">,
  read: (digest: Digest) => Tree | undefined,
): KnownRows {
  const added = new Map<string, Set<Timestamp>>();
  const directories = new Map<string, TreeNode[]>();
  for (const bucket of readdirSync(store.layout.trees)) {
    for (const name of readdirSync(path.join(store.layout.trees, bucket))) {
      const tree = isDigest(name) ? read(name) : undefined;
      if (!isDigest(name) || tree?.repository !== place.repository) continue;
      if (tree.path === place.path) addRows(tree);
      else if (parentOf(tree.path) === place.path) addDirectory(name, tree);
    }
  }
  const events = store.events(place.repository);
  const seconds = new Set(events.map((event) => event.at).toReversed());
  return { added, directories, seconds: [...seconds] };

  function addRows(tree: Tree): void {
    for (const node of tree.nodes) {
      if (node.kind !== "file") continue;
      const key = `${node.digest} ${node.name}`;
      added.set(key, (added.get(key) ?? new Set()).add(node.added));
    }
  }

  /** A directory's row can be told from its own record: totals and the newest second below. */
  function addDirectory(digest: Digest, tree: Tree): void {
    const name = tree.path.slice(place.path === "" ? 0 : place.path.length + 1);
    let [files, bytes] = [0, 0];
    let newest: Timestamp | undefined;
    for (const node of tree.nodes) {
      const second = node.kind === "file" ? node.added : node.newest;
      files += node.kind === "file" ? 1 : node.files;
      bytes += node.kind === "file" ? node.sizeBytes : node.bytes;
      if (newest === undefined || second > newest) newest = second;
    }
    if (newest === undefined) return;
    const node: TreeNode = { kind: "directory", name, tree: digest, files, bytes, newest };
    directories.set(name, [...(directories.get(name) ?? []), node]);
  }
}

function parentOf(inside: string): string | undefined {
  if (inside === "") return undefined;
  const slash = inside.lastIndexOf("/");
  return slash < 0 ? "" : inside.slice(0, slash);
}
