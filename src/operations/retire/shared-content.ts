import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints, newestPublication } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Workspace } from "../workspace.ts";

/** A state that is served and holds files with content of another one. */
export interface SharedContent {
  readonly repository: string;
  readonly time: Timestamp;
  /** False for a publication that plain distributions alone serve. */
  readonly isCheckpoint: boolean;
  /** Files in it with such content. */
  readonly files: number;
}

/**
 * Every kept checkpoint, and every publication that plain distributions serve, with content that `digests` names; the checkpoint of `except` is left out. `found` is what any of them
 * has. Each record is read once.
 */
export function findShared(
  { store }: Pick<Workspace, "store">,
  digests: ReadonlySet<Digest>,
  except: { readonly repository: string; readonly time: Timestamp },
): { readonly states: readonly SharedContent[]; readonly found: ReadonlySet<Digest> } {
  const found = new Set<Digest>();
  const counts = new Map<Digest, number>();
  const states: SharedContent[] = [];
  for (const repository of store.repositoryNames()) {
    const history = store.repository(repository)?.history;
    if (history === undefined) continue;
    for (const { created, root } of keptCheckpoints(history)) {
      if (repository !== except.repository || created !== except.time) add(repository, created, root, true);
    }
    const newest = newestPublication(history);
    const root = history.versions[newest?.version ?? -1]?.root;
    if (newest?.checkpoint === false && root !== undefined) add(repository, newest.created, root, false);
  }
  return { states, found };

  function add(repository: string, time: Timestamp, root: Digest, isCheckpoint: boolean): void {
    const files = count(root);
    if (files > 0) states.push({ repository, time, isCheckpoint, files });
  }

  function count(tree: Digest): number {
    const known = counts.get(tree);
    if (known !== undefined) return known;
    let files = 0;
    for (const node of store.tree(tree).nodes) {
      if (node.kind === "directory") files += count(node.tree);
      else if (digests.has(node.digest)) {
        found.add(node.digest);
        files += 1;
      }
    }
    counts.set(tree, files);
    return files;
  }
}
