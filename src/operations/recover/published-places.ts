import { Failure } from "../../failure.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/** Where the checkpoints of a repository stand in the site. */
export function checkpointPlaces(workspace: Workspace, repository: string): readonly DistributionSettings[] {
  return distributionsOnDisk(workspace).filter((one) => one.checkpoint && one.repository === repository);
}

/** What the site has does not suffice. */
export function notWhole(repository: string, what: string): Failure {
  return new Failure("HISTORY_BEHIND_SITE", `${repository} cannot be taken back from the site: ${what}`, {
    hint: "bring a newer backup of state/ back; or give up what came after it: asof recover --lost-until TIME",
  });
}
