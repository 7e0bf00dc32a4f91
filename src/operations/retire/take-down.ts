import { existsSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import { discard } from "../../site/reveal.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { placesOf } from "./content-places.ts";
import type { ContentPlace } from "./content-places.ts";
import { takenDownDigests } from "./taken-down.ts";
import type { Workspace } from "../workspace.ts";

/** What taking a content down would do, or did. */
export interface TakeDownPlan {
  readonly digest: Digest;
  readonly reason: string;
  /** Repositories whose log has to say so; those that say so already are left out. */
  readonly repositories: readonly string[];
  /** Where the site shows it. */
  readonly places: readonly ContentPlace[];
}

/** Finds every place of a content. Throws USAGE when no repository holds it, and none ever took it down. */
export function planTakeDown(workspace: Workspace, digest: Digest, reason: string): TakeDownPlan {
  const { store } = workspace;
  const places = placesOf(workspace, new Set([digest]));
  const holding = new Set(places.map((place) => place.repository));
  if (holding.size === 0 && !takenDownDigests(store).has(digest)) {
    throw new Failure("USAGE", `nothing that is kept has the SHA-256 ${digest}`, {
      hint: "sha256sum FILE tells the SHA-256 of a file; SHA256SUMS and PULP_MANIFEST list those of a checkpoint",
    });
  }
  const repositories = [...holding].filter((name) => store.repository(name)?.history.takenDown.has(digest) !== true);
  return { digest, reason, repositories: repositories.toSorted(), places };
}

/** Records the decision: the commit point. The build that follows carries it out, as does any later one when this run dies. */
export function recordTakeDown({ store, clock }: Workspace, { digest, reason, repositories }: TakeDownPlan): void {
  const at = timestampFromSeconds(clock.now());
  for (const name of repositories) store.append(name, [{ type: "takedown", at, digest, reason }]);
}

/** Contents that were taken down and are still in the pool: their files may still be in the site. */
export function unfinishedTakeDowns({ store }: Workspace): readonly Digest[] {
  return [...takenDownDigests(store)].filter((digest) => existsSync(store.layout.object(digest)));
}

/** Takes the files of these contents out of sight, wherever the site has them. Listing pages and the pool come after. */
export function removeFromSite(workspace: Workspace, digests: readonly Digest[]): void {
  const { config, store } = workspace;
  for (const { urlPath } of placesOf(workspace, new Set(digests))) {
    const file = path.join(config.publicDir, urlPath);
    // Checkpoints share directories: the file of one may be that of another.
    if (lstatIfThere(file)?.isFile() === true) discard(file, store.layout.trash);
  }
}

/** The last step: while the object is there, a run that died begins again. */
export function removeFromPool({ store }: Workspace, digests: readonly Digest[]): void {
  for (const digest of digests) {
    if (existsSync(store.layout.object(digest))) discard(store.layout.object(digest), store.layout.trash);
  }
}
