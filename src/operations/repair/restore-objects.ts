import { existsSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import type { Digest } from "../../model/digest.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { syncFileSystem } from "../../store/disk.ts";
import { beginTransaction } from "../../store/transaction.ts";
import type { Workspace } from "../workspace.ts";
import { fetchWanted } from "./fetch-good.ts";
import { makeAgain, takeFromSite } from "./good-copies.ts";
import { setAside } from "./set-aside.ts";

export interface Restored {
  readonly digests: ReadonlySet<Digest>;
  /** Why remotes gave nothing. */
  readonly troubles: readonly string[];
}

/**
 * Finds right bytes for damaged and missing objects (in the site, made again from the history, from the remotes) and puts them into the pool. A pool name is never without a file: the new inode takes it by a
 * rename, and the damaged one is kept in state/damaged until `forgetDamaged`.
 */
export async function restoreObjects(
  workspace: Workspace,
  tolerant: Workspace,
  broken: ReadonlyMap<Digest, number>,
): Promise<Restored> {
  const { store, clock } = workspace;
  if (broken.size === 0) return { digests: new Set(), troubles: [] };
  const wanted = new Map(broken);
  let good = "";
  // A transaction into a folder of its own: what the pool has under these names must not pass for what is wanted.
  const transaction = beginTransaction({ ...store.layout, object: (digest) => path.join(good, digest) }, () =>
    clock.now(),
  );
  good = path.join(transaction.dir, "good");
  try {
    await takeFromSite(tolerant, wanted, transaction);
    await makeAgain(tolerant, wanted, transaction);
    const troubles = await fetchWanted(workspace, wanted, transaction);
    await transaction.seal();
    const digests = [...broken.keys()].filter((digest) => existsSync(path.join(good, digest)));
    if (digests.length === 0) return { digests: new Set(), troubles };
    for (const digest of digests) keepDamaged(workspace, digest);
    await syncFileSystem(store.layout.root);
    for (const digest of digests) {
      const to = store.layout.object(digest);
      mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
      renameSync(path.join(good, digest), to);
    }
    await syncFileSystem(store.layout.root);
    return { digests: new Set(digests), troubles };
  } finally {
    transaction.discard();
  }
}

/** A second name for the damaged inode; what is no file is moved away whole. */
function keepDamaged(workspace: Workspace, digest: Digest): void {
  const object = workspace.store.layout.object(digest);
  const there = lstatIfThere(object);
  if (there === undefined) return;
  if (there.isDirectory()) {
    setAside(workspace, object);
    return;
  }
  const to = keptAs(workspace, digest);
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  rmSync(to, { force: true });
  try {
    linkSync(object, to);
  } catch (error) {
    // As many links as the file system allows: the site's own are the copy then.
    if (!hasErrorCode(error, "EMLINK")) throw error;
  }
}

/** Takes away what was kept of objects that are whole again. */
export function forgetDamaged(workspace: Workspace, digests: ReadonlySet<Digest>): void {
  for (const digest of digests) {
    const kept = keptAs(workspace, digest);
    if (lstatSync(kept, { throwIfNoEntry: false }) !== undefined) rmSync(kept);
  }
}

function keptAs({ store }: Workspace, digest: Digest): string {
  return path.join(store.layout.damaged, "objects", digest);
}
