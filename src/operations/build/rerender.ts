import { lstatSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { directoryView, hasOwnListing, rootView } from "../../site/listing-view.ts";
import type { Stage } from "../../site/stage-tree.ts";
import { publicationNumbered, standsAsRecorded } from "./build-plain.ts";
import { readPlainState } from "./built-record.ts";
import { pinsOf } from "./client-kit.ts";
import { checkpointDistributions, checkpointHeading, listingContext, stageRootPage } from "./stage-checkpoint.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Stages every listing page again, of every kept checkpoint and of what plain distributions serve; those that come out the same are left alone. Pages are no part of a shared
 * directory's name, so a new theme replaces each `index.html` by rename. Every directory is on disk by now.
 */
export function stageListings(workspace: Workspace, stage: Stage): void {
  const { config, store, publicLayout, pages } = workspace;
  const context = listingContext(workspace);
  const seen = new Set<Digest>();

  function directory(digest: Digest, dir: string, heading: string): void {
    const tree = store.tree(digest);
    if (!hasOwnListing(tree)) {
      const shown = config.layout === "shared" ? tree.path : heading;
      stage.file(path.join(dir, "index.html"), pages.listing(directoryView(tree, context, shown)));
    }
    below(digest, dir, heading);
  }

  function below(digest: Digest, dir: string, heading: string): void {
    for (const node of store.tree(digest).nodes) {
      if (node.kind === "file") continue;
      const inside = path.join(dir, node.name);
      // In the shared layout the deepest directories are real, and those of a plain distribution that hold more than their record says.
      if (lstatSync(inside, { throwIfNoEntry: false })?.isDirectory() === true) {
        directory(node.tree, inside, `${heading}${node.name}/`);
      } else if (config.layout === "shared" && !seen.has(node.tree)) {
        seen.add(node.tree);
        directory(node.tree, publicLayout.shared(node.tree), "");
      }
    }
  }

  for (const distribution of config.distributions) if (!distribution.checkpoint) stagePlainRoot(distribution);
  for (const { name } of config.repositories) {
    const history = store.repository(name)?.history;
    for (const checkpoint of history === undefined ? [] : keptCheckpoints(history)) {
      for (const distribution of checkpointDistributions(workspace, name)) {
        const dir = publicLayout.checkpoint(distribution.basePath, checkpoint.created);
        const beside = publicLayout.beside(distribution.basePath, checkpoint.created);
        stageRootPage(workspace, stage, { distribution, checkpoint });
        below(checkpoint.root, dir, checkpointHeading(workspace, distribution, checkpoint));
        for (const pin of pinsOf(workspace, distribution, checkpoint)) {
          stage.file(path.join(beside, pin.name), pin.text);
        }
      }
    }
  }

  /** What is not served as recorded is made anew, with its pages, by the plan for plain distributions. */
  function stagePlainRoot(distribution: DistributionSettings): void {
    const { basePath } = distribution;
    const state = readPlainState(workspace, basePath);
    const history = store.repository(distribution.repository)?.history;
    const publication = history === undefined ? undefined : publicationNumbered(history, state?.publication);
    if (state === undefined || publication === undefined || !standsAsRecorded(workspace, distribution, state)) return;
    const isShared = config.layout === "shared";
    const dir = isShared ? publicLayout.plain(basePath, state.serial) : publicLayout.base(basePath);
    const heading = `${config.site.mount}${basePath}/`;
    const tree = store.tree(state.root);
    if (!hasOwnListing(tree)) {
      const page = pages.listing(rootView(tree, { ...publication, checkpoint: false }, heading, context));
      stage.file(path.join(dir, "index.html"), page);
    }
    below(state.root, dir, heading);
  }
}
