import { existsSync, lstatSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Checkpoint } from "../../model/history.ts";
import { parseTree } from "../../model/tree.ts";
import type { Tree } from "../../model/tree.ts";
import { readIfThere } from "../../store/disk.ts";
import { hasObject, treeDigest } from "../../store/transaction.ts";
import type { Transaction } from "../../store/transaction.ts";
import { proofFiles } from "../../model/statement.ts";
import type { Workspace } from "../workspace.ts";
import { notWhole } from "./published-places.ts";

/**
 * Takes what the state lacks of a checkpoint from its directory in the site, by the records that are published with it. Every byte is hashed; a directory whose record the state has is not looked at.
 * Throws HISTORY_BEHIND_SITE when something is missing or is not what the log says.
 */
export async function rebuildCheckpoint(
  workspace: Workspace,
  transaction: Transaction,
  { basePath, repository }: Pick<DistributionSettings, "basePath" | "repository">,
  checkpoint: Checkpoint,
  /** Not there any more, and not wanted. */
  takenDown: ReadonlyMap<Digest, unknown>,
): Promise<void> {
  const { store, publicLayout, config } = workspace;
  const { created, root, manifest } = checkpoint;
  const directory = publicLayout.checkpoint(basePath, created);
  const taken = new Set<Digest>();
  await rebuildDirectory(root, directory);
  const beside = publicLayout.beside(basePath, created);
  if (manifest !== null) await takeFile(path.join(directory, manifest.name), manifest.digest, manifest.bytes);
  for (const { name, digest, bytes } of proofFiles(checkpoint)) await takeFile(path.join(beside, name), digest, bytes);

  async function rebuildDirectory(digest: Digest, dir: string): Promise<void> {
    if (taken.has(digest) || existsSync(store.layout.tree(digest))) return;
    const tree = publishedRecord(digest);
    for (const node of tree.nodes) {
      const inside = path.join(dir, node.name);
      if (node.kind === "directory") await rebuildDirectory(node.tree, inside);
      else await takeFile(inside, node.digest, node.sizeBytes);
    }
    transaction.putTree(tree);
    taken.add(digest);
  }

  function publishedRecord(digest: Digest): Tree {
    const file = publicLayout.record(basePath, digest);
    const tree = parseTree(readIfThere(file)?.toString("utf8") ?? "");
    if (tree !== undefined && treeDigest(tree) === digest) return tree;
    throw notWhole(repository, `${file}, a record of checkpoint ${created}, is missing or damaged`);
  }

  async function takeFile(file: string, digest: Digest, sizeBytes: number): Promise<void> {
    if (taken.has(digest) || hasObject(store.layout, digest, sizeBytes) || takenDown.has(digest)) return;
    const there = lstatSync(file, { throwIfNoEntry: false })?.isFile() === true;
    // Every other empty file is a copy of its own.
    const link = config.layout !== "copies" && sizeBytes > 0;
    const found = there ? (await transaction.putFile(file, { link })).digest : undefined;
    if (found !== digest) throw notWhole(repository, `${file} is not as checkpoint ${created} was published`);
    taken.add(digest);
  }
}
