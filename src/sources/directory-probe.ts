import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";

import { compareNames } from "../model/compare-names.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import { walkTree } from "./directory-walk.ts";
import { fileState } from "./stat-cache.ts";

/**
 * What a directory looks like now: a digest over the names, sizes and times of everything in it. Equal digests mean that nothing moved between two looks. Patterns are not applied:
 * a change that they leave out costs a run that finds nothing new.
 */
export async function probeDirectory(remote: DirectoryRemote, signal: AbortSignal): Promise<string> {
  const tree = openDirectoryTree(remote);
  const { found } = await walkTree(tree, signal);
  const hash = createHash("sha256");
  for (const [real, state] of [...tree.states].toSorted(([a], [b]) => compareNames(a, b)))
    hash.update(`${real}\0${state.key}\0`);
  for (const entry of found.toSorted((a, b) => compareNames(a.path, b.path)))
    hash.update(`${entry.path}\0${keyOf(entry.real)}\0`);
  return hash.digest("hex");
}

function keyOf(real: string): string {
  try {
    return fileState(lstatSync(real, { bigint: true })).key;
  } catch (error) {
    if (isGone(error)) return "gone";
    return throwReadFailure(error, real);
  }
}
