import path from "node:path";

import type { Digest } from "../model/digest.ts";
import { keptCheckpoints } from "../model/history.ts";
import type { Checkpoint } from "../model/history.ts";
import { directoryView, rootView } from "../site/listing-view.ts";
import { hasOwnListing } from "../site/stage-tree.ts";
import type { Stage } from "../site/stage-tree.ts";
import { checkpointDistributions } from "./publish.ts";
import { assetsPath, checkpointHeading } from "./stage-checkpoint.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Stages every listing page of every kept checkpoint again; those that come out the same are left alone. Pages are no part of a shared directory's
 * name, so a new theme replaces each `index.html` by rename.
 */
export function stageListings(workspace: Workspace, stage: Stage): void {
  const { config, store, publicLayout, pages } = workspace;
  const context = { siteTitle: config.site.title, assets: assetsPath(workspace) };
  const seen = new Set<Digest>();

  function directory(digest: Digest, dir: string, heading: string): void {
    const tree = store.tree(digest);
    const isShared = config.layout === "shared";
    if (isShared && seen.has(digest)) return;
    seen.add(digest);
    if (!hasOwnListing(tree)) {
      stage.file(
        path.join(dir, "index.html"),
        pages.listing(directoryView(tree, context, isShared ? tree.path : heading)),
      );
    }
    below(digest, dir, heading);
  }

  function below(digest: Digest, dir: string, heading: string): void {
    for (const node of store.tree(digest).nodes) {
      if (node.kind === "file") continue;
      const to = config.layout === "shared" ? publicLayout.shared(node.tree) : path.join(dir, node.name);
      directory(node.tree, to, `${heading}${node.name}/`);
    }
  }

  for (const { name } of config.repositories) {
    const history = store.repository(name)?.history;
    for (const checkpoint of history === undefined ? [] : keptCheckpoints(history)) {
      for (const distribution of checkpointDistributions(workspace, name)) {
        const dir = publicLayout.checkpoint(distribution.basePath, checkpoint.created);
        const heading = checkpointHeading(workspace, distribution, checkpoint);
        stageRoot(checkpoint, dir, publicLayout.beside(distribution.basePath, checkpoint.created), heading);
      }
    }
  }

  function stageRoot(checkpoint: Checkpoint, dir: string, beside: string, heading: string): void {
    const tree = store.tree(checkpoint.root);
    const page = pages.listing(rootView(tree, checkpoint, heading, context));
    stage.file(path.join(hasOwnListing(tree) ? beside : dir, "index.html"), page);
    below(checkpoint.root, dir, heading);
  }
}
