import type { DistributionSettings, RepositorySettings } from "../model/config.ts";
import { keptCheckpoints, latestVersion, protectedVersions } from "../model/history.ts";
import { goneIntervals } from "../model/history-timeline.ts";
import type { Checkpoint, Version } from "../model/history.ts";
import type { GoneInterval } from "../model/history-timeline.ts";
import type { Timestamp } from "../model/timestamp.ts";
import type { Workspace } from "./workspace.ts";

export interface RepositoryListing {
  readonly repository: string;
  readonly distributions: readonly DistributionSettings[];
  readonly horizon: Timestamp | undefined;
  readonly latestVersion: number;
  /** Kept ones, oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  readonly gone: readonly GoneInterval[];
  readonly versions: readonly ListedVersion[];
}

export interface ListedVersion extends Version {
  /** Whether its content stays; the others are cleaned up. */
  readonly isProtected: boolean;
}

/** What is known of each of the given repositories. */
export function listRepositories(
  workspace: Workspace,
  repositories: readonly RepositorySettings[],
): readonly RepositoryListing[] {
  return repositories.map(({ name }) => {
    const history = workspace.store.repository(name)?.history;
    const distributions = workspace.config.distributions.filter((one) => one.repository === name);
    if (history === undefined) {
      return {
        repository: name,
        distributions,
        horizon: undefined,
        latestVersion: 0,
        checkpoints: [],
        gone: [],
        versions: [],
      };
    }
    const keep = protectedVersions(history);
    return {
      repository: name,
      distributions,
      horizon: history.horizon,
      latestVersion: latestVersion(history).version,
      checkpoints: keptCheckpoints(history),
      gone: goneIntervals(history),
      versions: history.versions.map((version) => ({ ...version, isProtected: keep.has(version.version) })),
    };
  });
}
