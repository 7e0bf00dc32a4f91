import type { BasePath } from "../../model/base-path.ts";
import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Stage } from "../../site/stage-tree.ts";
import { namesIfThere } from "../../store/disk.ts";
import type { MadeFiles } from "../build/made-files.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Stages the records of a checkpoint's directories below its base path: the Merkle tree between the root, which the log and the statement name, and each file. Without them a stranger could not
 * tell whether files belong to a root. Only directories that differ from the checkpoint before are looked at; a record comes after those that it names.
 */
export function stageRecords(
  { store, publicLayout }: Pick<Workspace, "store" | "publicLayout">,
  stage: Stage,
  base: BasePath,
  root: Digest,
  previous: Digest | undefined,
): void {
  const seen = new Set<Digest>();

  function stageRecord(digest: Digest, earlier: Digest | undefined): void {
    if (digest === earlier || seen.has(digest)) return;
    seen.add(digest);
    const before = new Map(
      (earlier === undefined ? [] : store.tree(earlier).nodes).flatMap((node) =>
        node.kind === "directory" ? [[node.name, node.tree]] : [],
      ),
    );
    for (const node of store.tree(digest).nodes) {
      if (node.kind === "directory") stageRecord(node.tree, before.get(node.name));
    }
    // The root's record is the last to become visible: where it is, all below it is.
    stage.immutable(store.layout.tree(digest), publicLayout.record(base, digest), { last: digest === root });
  }

  const isThere = previous !== undefined && stage.has(publicLayout.record(base, previous));
  stageRecord(root, isThere ? previous : undefined);
}

/** A root whose records are to be published below a base path; `previous` is the one before it there. */
export interface UnpublishedRoot {
  readonly basePath: BasePath;
  readonly root: Digest;
  readonly previous: Digest | undefined;
}

/**
 * Roots of kept checkpoints whose records are not public: they stood before there were any. Where the record of a root is, all below it is. Folders of records are listed, 256 at the most: to ask for each name
 * would be a call for every checkpoint that there is.
 */
export function unpublishedRoots(
  { config, store, publicLayout }: Pick<Workspace, "config" | "store" | "publicLayout">,
  made: Pick<MadeFiles, "holds">,
): readonly UnpublishedRoot[] {
  return config.distributions
    .filter(({ checkpoint }) => checkpoint)
    .flatMap(({ basePath, repository }) => {
      const history = store.repository(repository)?.history;
      const roots = [...new Set(history === undefined ? [] : keptCheckpoints(history).map(({ root }) => root))];
      const missing = new Set(
        [...byPrefix(roots)].flatMap(([prefix, some]) =>
          missingRecords(`${publicLayout.records(basePath)}/${prefix}`, some, made),
        ),
      );
      if (missing.size === 0) return [];
      return roots.flatMap((root, index) =>
        missing.has(root) ? [{ basePath, root, previous: roots[index - 1] }] : [],
      );
    });
}

function missingRecords(folder: string, roots: readonly Digest[], made: Pick<MadeFiles, "holds">): readonly Digest[] {
  let missing: readonly Digest[] = [];
  // Roots only come last; what is pruned makes them fewer.
  made.holds(folder, `${roots.length} ${roots.at(-1) ?? ""}`, () => {
    const there = new Set(namesIfThere(folder));
    missing = roots.filter((root) => !there.has(root));
    return missing.length === 0;
  });
  return missing;
}

function byPrefix(roots: readonly Digest[]): ReadonlyMap<string, readonly Digest[]> {
  const found = new Map<string, Digest[]>();
  for (const root of roots) {
    const prefix = root.slice(0, 2);
    const some = found.get(prefix);
    if (some === undefined) found.set(prefix, [root]);
    else some.push(root);
  }
  return found;
}
