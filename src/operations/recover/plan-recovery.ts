import { Failure } from "../../failure.ts";
import { repositoriesBehindSite } from "../build/site-record.ts";
import type { LostRepository } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/** Repositories whose history in the state is not the one that the site was built from. Throws USAGE when there are none: then there is nothing to recover. */
export function lostRepositories(workspace: Workspace): readonly LostRepository[] {
  const lost = repositoriesBehindSite(workspace);
  if (lost.length > 0) return lost;
  throw new Failure("USAGE", "there is nothing to recover: the state knows everything that the site was built from", {
    hint: "asof verify looks for damage",
  });
}
