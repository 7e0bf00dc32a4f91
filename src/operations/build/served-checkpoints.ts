import type { DistributionSettings, RepositorySettings } from "../../model/config.ts";
import { emptyHistory } from "../../model/history.ts";
import type { History } from "../../model/history.ts";
import type { Workspace } from "../workspace.ts";

/** A checkpoint distribution with its repository and what was recorded of it. */
export interface Served {
  readonly distribution: DistributionSettings;
  readonly repository: RepositorySettings;
  readonly history: ServedHistory;
}

type ServedHistory = Pick<History, "checkpoints" | "horizon" | "lost" | "publications" | "tellingYears">;

/** Every checkpoint distribution, with an empty history where there is none yet: its list page is there all the same. */
export function servedCheckpoints({ config, store }: Pick<Workspace, "config" | "store">): readonly Served[] {
  return config.distributions.flatMap((distribution) => {
    const repository = config.repositories.find((one) => one.name === distribution.repository);
    if (!distribution.checkpoint || repository === undefined) return [];
    const history = store.repository(repository.name)?.history ?? emptyHistory;
    return [{ distribution, repository, history }];
  });
}
