import { existsSync } from "node:fs";
import path from "node:path";

import type { Digest } from "../../model/digest.ts";
import type { Publication } from "../../model/history.ts";
import { proofFiles } from "../../model/statement.ts";
import { publicationNumbered } from "../build/build-plain.ts";
import { readPlainState } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { openTreeFinder } from "../find-in-trees.ts";
import type { Workspace } from "../workspace.ts";

/** A path of the site under which a content stands, or would stand if it were whole. */
export interface ContentPlace {
  readonly digest: Digest;
  readonly repository: string;
  /** Below public/, decoded: `checkpoints/myfile/20250318T140338Z/a/b`. */
  readonly urlPath: string;
}

/** Every path of every distribution on disk that shows one of `digests`: files of checkpoints, pruned ones too while they are there, their manifests and proofs, and what plain distributions serve. */
export function placesOf(workspace: Workspace, digests: ReadonlySet<Digest>): readonly ContentPlace[] {
  return [...eachPlace(workspace, digests)];
}

/** The same, one at a time: thousands of contents in thousands of checkpoints are millions of places. */
export function* eachPlace(
  workspace: Workspace,
  digests: ReadonlySet<Digest>,
): Generator<ContentPlace, void, undefined> {
  const { store, publicLayout } = workspace;
  const inside = openContentFinder(workspace, digests);
  for (const { basePath, checkpoint: isCheckpoint, repository } of distributionsOnDisk(workspace)) {
    const history = store.repository(repository)?.history;
    if (history === undefined) continue;
    const place = (digest: Digest, urlPath: string): ContentPlace => ({ digest, repository, urlPath });
    const manifestOf = (publication: Publication | undefined, root: string): readonly ContentPlace[] => {
      const manifest = publication?.manifest;
      return manifest && digests.has(manifest.digest) ? [place(manifest.digest, `${root}/${manifest.name}`)] : [];
    };
    if (!isCheckpoint) {
      const state = readPlainState(workspace, basePath);
      if (state === undefined) continue;
      for (const { digest, path: name } of [...inside(state.root), ...state.dropped]) {
        if (digests.has(digest)) yield place(digest, `${basePath}/${name}`);
      }
      yield* manifestOf(publicationNumbered(history, state.publication), basePath);
      continue;
    }
    for (const checkpoint of history.checkpoints) {
      const { created, tombstone, root } = checkpoint;
      if (tombstone !== undefined && !existsSync(publicLayout.checkpoint(basePath, created))) continue;
      for (const found of inside(root)) yield place(found.digest, `${basePath}/${created}/${found.path}`);
      yield* manifestOf(checkpoint, `${basePath}/${created}`);
      for (const { digest, name } of proofFiles(checkpoint)) {
        const file = path.join(publicLayout.beside(basePath, created), name);
        if (digests.has(digest)) yield place(digest, path.relative(publicLayout.root, file));
      }
    }
  }
}

/** Answers where below a version's root the contents are. */
function openContentFinder(
  { store }: Workspace,
  digests: ReadonlySet<Digest>,
): (root: Digest) => Generator<{ readonly digest: Digest; readonly path: string }, void, undefined> {
  const find = openTreeFinder(
    (digest) => store.tree(digest),
    (_, { nodes }) => nodes.filter((node) => node.kind === "file" && digests.has(node.digest)),
  );
  return function* inside(root) {
    for (const { mark, folder } of find(root))
      if (mark.kind === "file") yield { digest: mark.digest, path: `${folder}${mark.name}` };
  };
}
