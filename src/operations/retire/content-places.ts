import { existsSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { Publication } from "../../model/history.ts";
import { publicationNumbered } from "../build/build-plain.ts";
import { readPlainState } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/** A path of the site under which a content stands, or would stand if it were whole. */
export interface ContentPlace {
  readonly digest: Digest;
  readonly repository: string;
  /** Below public/, decoded: `checkpoints/myfile/20250318T140338Z/a/b`. */
  readonly urlPath: string;
}

/** Every path of every distribution on disk that shows one of `digests`: files of checkpoints, pruned ones too while they are there, their manifests, and what plain distributions serve. */
export function placesOf(workspace: Workspace, digests: ReadonlySet<Digest>): readonly ContentPlace[] {
  const { store, publicLayout } = workspace;
  const inside = contentFinder(workspace, digests);
  const places: ContentPlace[] = [];
  for (const { basePath, checkpoint: isCheckpoint, repository } of distributionsOnDisk(workspace)) {
    const history = store.repository(repository)?.history;
    if (history === undefined) continue;
    const add = (digest: Digest, urlPath: string): void => void places.push({ digest, repository, urlPath });
    const addManifest = (publication: Publication | undefined, root: string): void => {
      const manifest = publication?.manifest;
      if (manifest && digests.has(manifest.digest)) add(manifest.digest, `${root}/${manifest.name}`);
    };
    if (!isCheckpoint) {
      const state = readPlainState(workspace, basePath);
      if (state === undefined) continue;
      for (const { digest, path } of [...inside(state.root), ...state.dropped]) {
        if (digests.has(digest)) add(digest, `${basePath}/${path}`);
      }
      addManifest(publicationNumbered(history, state.publication), basePath);
      continue;
    }
    for (const checkpoint of history.checkpoints) {
      const { created, tombstone, root } = checkpoint;
      if (tombstone !== undefined && !existsSync(publicLayout.checkpoint(basePath, created))) continue;
      for (const { digest, path } of inside(root)) add(digest, `${basePath}/${created}/${path}`);
      addManifest(checkpoint, `${basePath}/${created}`);
    }
  }
  return places;
}

interface Found {
  readonly digest: Digest;
  readonly path: string;
}

/** Answers where below a version's root the contents are. Each distinct directory is looked at once, however many versions have it. */
function contentFinder({ store }: Workspace, digests: ReadonlySet<Digest>): (root: Digest) => readonly Found[] {
  const known = new Map<Digest, readonly Found[]>();
  return find;

  function find(tree: Digest): readonly Found[] {
    const before = known.get(tree);
    if (before !== undefined) return before;
    const found = store.tree(tree).nodes.flatMap((node): readonly Found[] => {
      if (node.kind === "file") return digests.has(node.digest) ? [{ digest: node.digest, path: node.name }] : [];
      return find(node.tree).map(({ digest, path }) => ({ digest, path: `${node.name}/${path}` }));
    });
    known.set(tree, found);
    return found;
  }
}
