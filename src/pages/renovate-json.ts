import type { Checkpoint } from "../model/history.ts";
import { isoOf } from "../model/timestamp.ts";

/** What a dependency bot has any use for. */
const mostReleases = 200;

/** The newest checkpoints, oldest first, as Renovate's custom datasource reads versions. `page` is the absolute address of their list, where it is known. */
export function renderRenovateJson(checkpoints: readonly Checkpoint[], page: string | undefined): string {
  const releases = checkpoints
    .slice(-mostReleases)
    .map(({ created, root }) => ({ version: created, releaseTimestamp: isoOf(created), digest: root }));
  return `${JSON.stringify({ releases, ...(page === undefined ? {} : { homepage: page }) })}\n`;
}
