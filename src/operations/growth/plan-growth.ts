import type { RepositorySettings } from "../../model/config.ts";
import type { Workspace } from "../workspace.ts";
import { growRepository } from "./grow-repository.ts";
import type { Grown, GrowthOptions, RepositoryGrowth } from "./grow-repository.ts";
import { growthWarnings, roomFacts } from "./limits.ts";
import type { GrowthWarning, RoomFacts } from "./limits.ts";
import { simulatedSite } from "./simulated-site.ts";
import { byMonth, siteMoment } from "./site-growth.ts";
import type { SiteMoment } from "./site-growth.ts";

/** What a mirror will need. Nothing of it was written, and nothing fetched. */
export interface GrowthPlan {
  readonly repositories: readonly RepositoryGrowth[];
  /** Now, and at the end of each year. */
  readonly site: readonly SiteMoment[];
  readonly room: RoomFacts;
  readonly warnings: readonly GrowthWarning[];
}

/** Predicts what the repositories of the configuration will need: from what was recorded, or where nothing was, from what their sources list. */
export async function planGrowth(
  workspace: Workspace,
  repositories: readonly RepositorySettings[],
  options: GrowthOptions,
): Promise<GrowthPlan> {
  const now = Math.floor(workspace.clock.now());
  const months = Array.from({ length: options.years * 12 + 1 }, (_, month) => now + Math.round((month * year) / 12));
  const room = roomFacts(workspace.config);
  const grown: Grown[] = [];
  for (const settings of repositories) grown.push(await growRepository(workspace, settings, options, { months, room }));

  const yearly = months.flatMap((_, month) => (month % 12 === 0 ? [month] : []));
  const sizes = yearly.map((month) =>
    simulatedSite(
      workspace,
      new Map(grown.map((one) => [one.settings.name, one.simulated[month]?.checkpoints() ?? []])),
    ),
  );
  const site = yearly.map((month, index) => siteMoment(workspace, grown, month, sizes[index]));
  return {
    repositories: grown.map((one) => ({ ...one.told, moments: yearly.flatMap((month) => one.moments[month] ?? []) })),
    site,
    room,
    warnings: growthWarnings(
      workspace.config,
      room,
      months,
      { inodes: byMonth(grown, site, "inodes"), diskBytes: byMonth(grown, site, "diskBytes") },
      grown.map(({ told, moments }) => ({
        repository: told.repository,
        kept: moments.map(({ kept }) => kept),
        longestPathBytes: told.facts.longestPathBytes,
        mostPaths: told.facts.mostPaths,
      })),
    ),
  };
}

const year = 365.2425 * 86_400;
