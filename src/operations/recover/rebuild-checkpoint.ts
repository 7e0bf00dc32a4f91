import { existsSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Checkpoint, StoredFile } from "../../model/history.ts";
import { parseTree } from "../../model/tree.ts";
import type { Tree } from "../../model/tree.ts";
import { readIfThere } from "../../store/disk.ts";
import { hasObject, treeDigest } from "../../store/transaction.ts";
import type { Transaction } from "../../store/transaction.ts";
import { proofFiles } from "../../model/statement.ts";
import type { Workspace } from "../workspace.ts";
import { notWhole } from "./published-places.ts";
import { takeFile } from "./take-file.ts";

/**
 * Takes what the state lacks of a checkpoint from its directory in the site, by the records that are published with it. Every byte that is taken is hashed; what `isWhole` says the state has is not looked at.
 * Throws HISTORY_BEHIND_SITE when something is missing or is not what the log says.
 */
export async function rebuildCheckpoint(
  workspace: Workspace,
  transaction: Transaction,
  { basePath, repository }: Pick<DistributionSettings, "basePath" | "repository">,
  checkpoint: Checkpoint,
  /** Not there any more, and not wanted. */
  takenDown: ReadonlyMap<Digest, unknown>,
  isWhole: (record: Digest) => boolean,
): Promise<void> {
  const { store, publicLayout } = workspace;
  const { created, root, manifest } = checkpoint;
  const directory = publicLayout.checkpoint(basePath, created);
  const taken = new Set<Digest>();
  await rebuildDirectory(root, directory);
  const beside = publicLayout.beside(basePath, created);
  if (manifest !== null) await take(path.join(directory, manifest.name), manifest);
  for (const proof of proofFiles(checkpoint)) await take(path.join(beside, proof.name), proof);

  async function rebuildDirectory(digest: Digest, dir: string): Promise<void> {
    if (taken.has(digest) || isWhole(digest)) return;
    const tree = existsSync(store.layout.tree(digest)) ? store.tree(digest) : publishedRecord(digest);
    for (const node of tree.nodes) {
      const inside = path.join(dir, node.name);
      if (node.kind === "directory") await rebuildDirectory(node.tree, inside);
      else await take(inside, { digest: node.digest, bytes: node.sizeBytes });
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

  async function take(file: string, content: StoredFile): Promise<void> {
    const { digest, bytes } = content;
    if (taken.has(digest) || hasObject(store.layout, digest, bytes) || takenDown.has(digest)) return;
    if (!(await takeFile(workspace, transaction, file, content)))
      throw notWhole(repository, `${file} is not as checkpoint ${created} was published`);
    taken.add(digest);
  }
}
