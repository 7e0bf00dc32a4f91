import { existsSync } from "node:fs";
import path from "node:path";

import type { Digest } from "../../model/digest.ts";
import { foldersOf } from "../../model/relative-path.ts";
import { discard, discardIfEmpty } from "../../site/reveal.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { readBuiltRecord, readPlainState, writeBuiltRecord } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { hasDirectory } from "../entries.ts";
import { placesOf } from "./content-places.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Contents that a log says were taken down, and that no build is known to have removed: their files may still be in the site. What was finished is remembered among the caches, so that to lose
 * them means no more than to look again. That the pool lacks an object proves nothing; that it has one means that something brought it back.
 */
export function unfinishedTakeDowns(workspace: Workspace): readonly Digest[] {
  const { store } = workspace;
  const { takenDown: finished } = readBuiltRecord(workspace);
  return [...store.takenDown()].filter((digest) => !finished.has(digest) || existsSync(store.layout.object(digest)));
}

/** Has the next build look for a content again, whatever earlier ones did about it. */
export function beginTakeDownAgain(workspace: Workspace, digest: Digest): void {
  const record = readBuiltRecord(workspace);
  if (!record.takenDown.has(digest)) return;
  writeBuiltRecord(workspace, { ...record, takenDown: new Set([...record.takenDown].filter((one) => one !== digest)) });
}

/** Takes the files of these contents out of sight, wherever the site has them. Listing pages and the pool come after. */
export function removeFromSite(workspace: Workspace, digests: readonly Digest[]): void {
  const { config, store } = workspace;
  if (digests.length === 0) return;
  for (const { urlPath } of placesOf(workspace, new Set(digests))) {
    const file = path.join(config.publicDir, urlPath);
    // Checkpoints share directories: the file of one may be that of another.
    if (lstatIfThere(file)?.isFile() === true) discard(file, store.layout.trash);
  }
  for (const folder of leftFolders(workspace, new Set(digests)))
    discardIfEmpty(path.join(config.publicDir, folder), store.layout.trash);
}

/** Folders of plain distributions that nothing but a file of these which was dropped kept there; deepest first. A run that died before they went finds them again: the state names the file as long as its grace lasts. */
function leftFolders(workspace: Workspace, digests: ReadonlySet<Digest>): readonly string[] {
  const { store } = workspace;
  return distributionsOnDisk(workspace).flatMap(({ basePath, checkpoint }) => {
    const state = checkpoint ? undefined : readPlainState(workspace, basePath);
    if (state === undefined) return [];
    const folders = state.dropped.flatMap((gone) => (digests.has(gone.digest) ? foldersOf(gone.path) : []));
    return [...new Set(folders)]
      .filter((folder) => !hasDirectory(state.root, folder, (digest) => store.tree(digest)))
      .toSorted((a, b) => b.length - a.length)
      .map((folder) => `${basePath}/${folder}`);
  });
}

/** After everything that is made of objects. */
export function removeFromPool({ store }: Workspace, digests: readonly Digest[]): void {
  for (const digest of digests) {
    if (existsSync(store.layout.object(digest))) discard(store.layout.object(digest), store.layout.trash);
  }
}
