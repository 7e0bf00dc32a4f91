import type { BasePath } from "../../model/base-path.ts";
import type { Digest } from "../../model/digest.ts";
import type { BuildPlan } from "../build/build.ts";
import type { Workspace } from "../workspace.ts";

/** Content that the next build makes, because it is new to the site: what is missing of it is no damage. */
export interface PendingWork {
  /** Directories of checkpoints. */
  readonly checkpoints: ReadonlySet<string>;
  /** Base paths of plain distributions. */
  readonly plains: ReadonlySet<BasePath>;
  /** Roots whose records are not published yet, as `recordsKey` names them. */
  readonly records: ReadonlySet<string>;
}

export const noWork: PendingWork = { checkpoints: new Set(), plains: new Set(), records: new Set() };

export function pendingWork(
  { publicLayout }: Pick<Workspace, "publicLayout">,
  plan: Pick<BuildPlan, "checkpoints" | "plains" | "records">,
): PendingWork {
  return {
    checkpoints: new Set(
      plan.checkpoints.map((one) => publicLayout.checkpoint(one.distribution.basePath, one.checkpoint.created)),
    ),
    plains: new Set(plan.plains.map((one) => one.distribution.basePath)),
    records: new Set(plan.records.map(({ basePath, root }) => recordsKey(basePath, root))),
  };
}

export function recordsKey(basePath: BasePath, root: Digest): string {
  return `${basePath} ${root}`;
}

/** `asof build has work to do: 2 checkpoints, 1 plain distribution`; none where there is no such work. */
export function pendingNotices({ checkpoints, plains, records }: PendingWork): readonly string[] {
  const parts = [
    [checkpoints.size, "checkpoint"] as const,
    [plains.size, "plain distribution"] as const,
    [records.size, "published record"] as const,
  ]
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
  return parts.length === 0 ? [] : [`asof build has work to do: ${parts.join(", ")}`];
}
