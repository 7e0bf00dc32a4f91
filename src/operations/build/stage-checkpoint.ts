import { mkdirSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import type { Checkpoint } from "../../model/history.ts";
import { hasOwnListing, listingName, rootView } from "../../site/listing-view.ts";
import type { ListingContext } from "../../site/listing-view.ts";
import { openStage } from "../../site/stage-tree.ts";
import type { Stage, StageContext } from "../../site/stage-tree.ts";
import type { Transaction } from "../../store/transaction.ts";
import { assetsPath } from "./assets-path.ts";
import { stageChangeFiles } from "./change-files.ts";
import type { CheckpointPair } from "./change-files.ts";
import { pinsOf } from "./client-kit.ts";
import { stageRecords } from "../publish/published-records.ts";
import { stageProof } from "../publish/statement.ts";
import type { Workspace } from "../workspace.ts";

/** What staging needs, from what operations have. */
export function stageContext(workspace: Workspace, stagingDir: string): StageContext {
  const { config, store, pages, clock } = workspace;
  return {
    layout: config.layout,
    publicLayout: workspace.publicLayout,
    pages,
    stagingDir,
    ...listingContext(workspace),
    now: () => clock.now(),
    tree: (digest) => store.tree(digest),
    object: (digest) => store.layout.object(digest),
  };
}

/** What every listing page needs. */
export function listingContext(workspace: Workspace): ListingContext {
  const { config, store } = workspace;
  const gone = store.takenDown();
  const { title, url } = config.site;
  return {
    siteTitle: title,
    assets: assetsPath(workspace),
    origin: url === undefined ? undefined : new URL(url).origin,
    isTakenDown: (digest) => gone.has(digest),
  };
}

/** What a visitor calls the root of a checkpoint: its URL path. */
export function checkpointHeading(
  { config }: Workspace,
  distribution: DistributionSettings,
  checkpoint: Checkpoint,
): string {
  return `${config.site.mount}${distribution.basePath}/${checkpoint.created}/`;
}

/** Stages one checkpoint of one distribution. The one before is used where it stands on disk or was staged just now: unchanged directories cost nothing then. Returns what is left there of an earlier run and has no use. */
export async function stageCheckpoint(
  workspace: Workspace,
  stage: Stage,
  pair: CheckpointPair,
): Promise<readonly string[]> {
  const { publicLayout } = workspace;
  const { distribution, checkpoint, previous } = pair;
  const { basePath } = distribution;
  const beside = publicLayout.beside(basePath, checkpoint.created);
  // Before the checkpoint itself: when that is seen, nothing more is done for it.
  for (const pin of pinsOf(workspace, distribution, checkpoint)) stage.file(path.join(beside, pin.name), pin.text);
  stageProof(workspace, stage, basePath, checkpoint);
  stageRecords(workspace, stage, basePath, checkpoint.root, previous?.root);
  const left = stageChangeFiles(workspace, stage, pair);
  await stage.root(checkpoint.root, checkpoint, publicLayout.checkpoint(basePath, checkpoint.created), {
    heading: checkpointHeading(workspace, distribution, checkpoint),
    previous:
      previous === undefined
        ? undefined
        : { root: previous.root, dir: publicLayout.checkpoint(basePath, previous.created) },
    pageBeside: beside,
  });
  return left;
}

/** The page of a checkpoint's root, where the checkpoint stands on disk: it tells how much changed, which is another number when another checkpoint comes before it. */
export function stageRootPage(
  workspace: Workspace,
  stage: Pick<Stage, "file">,
  { distribution, checkpoint }: Pick<CheckpointPair, "distribution" | "checkpoint">,
): void {
  const { pages, publicLayout, store } = workspace;
  const { basePath } = distribution;
  const tree = store.tree(checkpoint.root);
  const folder = hasOwnListing(tree)
    ? publicLayout.beside(basePath, checkpoint.created)
    : publicLayout.checkpoint(basePath, checkpoint.created);
  const heading = checkpointHeading(workspace, distribution, checkpoint);
  stage.file(
    path.join(folder, listingName),
    pages.listing(rootView(tree, checkpoint, heading, listingContext(workspace))),
  );
}

/** The checkpoint distributions of a repository. */
export function checkpointDistributions(workspace: Workspace, repository: string): readonly DistributionSettings[] {
  return workspace.config.distributions.filter((one) => one.checkpoint && one.repository === repository);
}

/** A stage in a new folder of a transaction. */
export function openStagingFolder(workspace: Workspace, transaction: Transaction, name: string): Stage {
  const stagingDir = path.join(transaction.dir, name);
  mkdirSync(stagingDir, { mode: 0o755 });
  return openStage(stageContext(workspace, stagingDir));
}
