import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { Workspace } from "../workspace.ts";
import type { BuildPlan } from "./build.ts";
import { headText } from "./describe-site.ts";
import type { MadeFiles } from "./made-files.ts";

/** Kept checkpoints that do not stand, or stand in another layout than `builtLayout`, which was built last, each with the one before it. */
export function missingCheckpoints(
  workspace: Workspace,
  builtLayout: string,
  made: Pick<MadeFiles, "holds">,
): BuildPlan["checkpoints"] {
  return workspace.config.distributions
    .filter((distribution) => distribution.checkpoint)
    .flatMap((distribution) => {
      let missing: BuildPlan["checkpoints"] = [];
      const madeOf = `${workspace.config.layout} ${builtLayout} ${headText(workspace, distribution.repository)}`;
      made.holds(workspace.publicLayout.base(distribution.basePath), madeOf, () => {
        missing = missingOf(workspace, distribution, builtLayout);
        return missing.length === 0;
      });
      return missing;
    });
}

function missingOf(
  workspace: Workspace,
  distribution: DistributionSettings,
  builtLayout: string,
): BuildPlan["checkpoints"] {
  const { config, store, publicLayout } = workspace;
  const history = store.repository(distribution.repository)?.history;
  const kept = history === undefined ? [] : keptCheckpoints(history);
  const there = new Set(directoriesIn(publicLayout.base(distribution.basePath)));
  const stands = (one: Checkpoint): boolean =>
    there.has(one.created) &&
    (builtLayout === config.layout || (builtLayout === "" && standsInLayout(workspace, distribution, one)));
  return kept.flatMap((checkpoint, index) =>
    stands(checkpoint) ? [] : [{ distribution, checkpoint, previous: kept[index - 1] }],
  );
}

/** Without a record of the last build, what stands tells its layout: a directory of a shared one is a symlink. */
function standsInLayout(
  { config, store, publicLayout }: Workspace,
  { basePath }: DistributionSettings,
  { root, created }: Checkpoint,
): boolean {
  const directory = store.tree(root).nodes.find((node) => node.kind === "directory");
  if (directory === undefined) return true;
  const inside = path.join(publicLayout.checkpoint(basePath, created), directory.name);
  return lstatSync(inside, { throwIfNoEntry: false })?.isSymbolicLink() === (config.layout === "shared");
}

function directoriesIn(folder: string): readonly string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
