import { lstatSync, renameSync, rmSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";

import { syncFileSystem } from "../../store/disk.ts";
import { lookAtFiles } from "../../store/look-at-files.ts";
import { linkIfPossible } from "../../store/transaction.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { checkSite } from "../verify/check-site.ts";
import { openTreeChecker } from "../verify/check-tree.ts";
import type { Copy } from "../verify/check-tree.ts";
import type { ExpectedFile } from "../verify/expected.ts";
import { noWork } from "../verify/pending-work.ts";
import { siteModelOf, treeReader } from "../verify/verify.ts";
import type { Workspace } from "../workspace.ts";
import { isAsLeft } from "./take-file.ts";

/** So many are hashed before the pool has them: what is in memory, and what a run that dies did in vain, is bounded. */
const batchSize = 10_000;

/**
 * Replaces files of the pool that are copies of the site's own, as those of a backup are, by links of the site's: nothing changes for visitors, and the room of the copies is free again. Each is hashed
 * first; one that is not as asof leaves its files is left out, and verify tells it. In the layout `copies` there is nothing to do.
 */
export async function linkPool(workspace: Workspace): Promise<void> {
  const { config, store } = workspace;
  if (config.layout === "copies") return;
  const copies = copiesIn(workspace);
  const transaction = store.begin();
  try {
    for (;;) {
      const staged = stageLinks(workspace, copies, transaction.dir);
      if (staged.size === 0) return;
      await takeOver(workspace, staged, transaction.dir);
    }
  } finally {
    transaction.discard();
  }
}

/** What verify would tell as copies. */
function* copiesIn(workspace: Workspace): Generator<Copy> {
  const { store, signal } = workspace;
  const found = checkSite(workspace, {
    checker: openTreeChecker({ layout: store.layout, report: untold }),
    model: siteModelOf(workspace, { strictPages: false, tree: treeReader(workspace, new Set()) }),
    work: noWork,
    report: untold,
    found: () => new Set(),
    onCheckpoint: () => signal.throwIfAborted(),
  });
  for (const copy of found) if (!copy.isAllowed) yield copy;
}

/** What is damaged is told by the next check. */
function untold(): void {}

/** Links of the next files, one of each: what is hashed is then what the pool gets. */
function stageLinks(
  workspace: Workspace,
  copies: Iterator<Copy>,
  dir: string,
): ReadonlyMap<string, Pick<ExpectedFile, "of" | "digest">> {
  const staged = new Map<string, ExpectedFile>();
  for (let next = copies.next(); next.done !== true; next = copies.next()) {
    const { path: file, wanted } = next.value;
    const there = lstatSync(file);
    const link = path.join(dir, `${wanted.of}-${wanted.digest}-${there.ino}`);
    const isSize = wanted.sizeBytes === undefined || there.size === wanted.sizeBytes;
    if (staged.has(link) || !isSize || !isAsLeft(workspace, there) || !hasMoreNames(there, poolFile(workspace, wanted)))
      continue;
    if (!linkIfPossible(file, link)) continue;
    staged.set(link, wanted);
    if (staged.size === batchSize) break;
  }
  return staged;
}

/** Whether as many names lead to a file as to what the pool has: else it is the site's that is the copy. */
function hasMoreNames(there: Stats, pooled: string): boolean {
  const other = lstatIfThere(pooled);
  return other?.isFile() === true && there.nlink >= other.nlink;
}

async function takeOver(
  workspace: Workspace,
  staged: ReadonlyMap<string, Pick<ExpectedFile, "of" | "digest">>,
  dir: string,
): Promise<void> {
  const wrong = new Set<string>();
  await lookAtFiles(staged.keys(), {
    hash: true,
    signal: workspace.signal,
    onFile: (link, found) => {
      if (found.is !== "file" || found.digest !== staged.get(link)?.digest) wrong.add(link);
    },
  });
  await syncFileSystem(dir);
  for (const [link, wanted] of staged) {
    const to = poolFile(workspace, wanted);
    if (wrong.has(link) || !hasMoreNames(lstatSync(link), to)) rmSync(link);
    else renameSync(link, to);
  }
  await syncFileSystem(dir);
}

function poolFile({ store }: Workspace, { of, digest }: Pick<ExpectedFile, "of" | "digest">): string {
  return of === "object" ? store.layout.object(digest) : store.layout.tree(digest);
}
