import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { applyBuild, planBuild } from "../build/build.ts";
import { placesOf } from "./content-places.ts";
import type { ContentPlace } from "./content-places.ts";
import { beginTakeDownAgain, unfinishedTakeDowns } from "./finish-take-downs.ts";
import { keptThings } from "./kept-things.ts";
import { sweep } from "./sweep.ts";
import type { Workspace } from "../workspace.ts";

export interface TakeDownRequest {
  readonly digest: Digest;
  /** One line, for the log, which is public. */
  readonly reason: string;
}

/** What taking a content down would do, or did. */
export interface TakeDownPlan extends TakeDownRequest {
  /** Repositories whose log has to say so; those that say so already are left out. */
  readonly repositories: readonly string[];
  /** Where the site shows it. */
  readonly places: readonly ContentPlace[];
  /** When it was taken down, if nothing of that is left to do. */
  readonly done: Timestamp | undefined;
}

/**
 * Takes a content out of the site and the pool for good. The lines in the logs are the commit point: when the build that carries it out fails or dies, any later one finishes it, and a warning says so.
 * What was taken down before is looked for once more. Throws USAGE for a content that nobody has.
 */
export async function takeDown(workspace: Workspace, request: TakeDownRequest): Promise<TakeDownPlan> {
  const plan = planTakeDown(workspace, request);
  record(workspace, plan);
  try {
    await applyBuild(workspace, planBuild(workspace));
  } catch (error) {
    if (unfinishedTakeDowns(workspace).includes(plan.digest)) {
      const text = `the take-down of ${plan.digest} is recorded; its files leave the site with the next asof update`;
      workspace.onProgress({ kind: "warning", text });
    }
    throw error;
  }
  await sweep(workspace);
  return plan;
}

/** Reads only. Throws USAGE when nothing that is kept has the content, and it was never taken down. */
export function planTakeDown(workspace: Workspace, { digest, reason }: TakeDownRequest): TakeDownPlan {
  const { store } = workspace;
  const holding = repositoriesHolding(workspace, digest);
  if (holding.size === 0 && !store.takenDown().has(digest)) {
    throw new Failure("USAGE", `nothing that is kept has the SHA-256 ${digest}`, {
      hint: "sha256sum FILE tells the SHA-256 of a file; SHA256SUMS and PULP_MANIFEST list those of a checkpoint",
    });
  }
  const repositories = [...holding].filter((name) => store.repository(name)?.history.takenDown.has(digest) !== true);
  const places = placesOf(workspace, new Set([digest])).filter(
    ({ urlPath }) => lstatIfThere(path.join(workspace.config.publicDir, urlPath))?.isFile() === true,
  );
  const isDone = repositories.length + places.length === 0 && !unfinishedTakeDowns(workspace).includes(digest);
  const done = isDone ? takenDownAt(workspace, digest) : undefined;
  return { digest, reason, repositories: repositories.toSorted(), places, done };
}

/** The first time, whichever repository's log says so. */
function takenDownAt({ store }: Workspace, digest: Digest): Timestamp | undefined {
  return store
    .repositoryNames()
    .flatMap((name) => store.repository(name)?.history.takenDown.get(digest)?.at ?? [])
    .toSorted()
    .at(0);
}

function record(workspace: Workspace, { digest, reason, repositories }: TakeDownPlan): void {
  const { store, clock } = workspace;
  beginTakeDownAgain(workspace, digest);
  const at = timestampFromSeconds(clock.now());
  for (const name of repositories) store.append(name, [{ type: "takedown", at, digest, reason }]);
}

/**
 * Whatever is kept may be served one day, on the site now or not: the latest version before it is published, a checkpoint that was pruned and is still on disk. A repository that will leave a file out has
 * to say so in its own log.
 */
function repositoriesHolding(workspace: Workspace, digest: Digest): ReadonlySet<string> {
  const { store } = workspace;
  const known = new Map<Digest, boolean>();
  const holding = new Set<string>();
  for (const thing of keptThings(workspace)) {
    if (holding.has(thing.repository)) continue;
    if (thing.kind === "object" ? thing.digest === digest : isBelow(thing.digest)) holding.add(thing.repository);
  }
  return holding;

  function isBelow(tree: Digest): boolean {
    const before = known.get(tree);
    if (before !== undefined) return before;
    const found = store
      .tree(tree)
      .nodes.some((node) => (node.kind === "file" ? node.digest === digest : isBelow(node.tree)));
    known.set(tree, found);
    return found;
  }
}
