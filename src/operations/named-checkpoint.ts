import { Failure } from "../failure.ts";
import type { Config, RepositorySettings } from "../model/config.ts";
import { keptCheckpoints } from "../model/history.ts";
import type { Checkpoint, History } from "../model/history.ts";
import { parseInstant } from "../model/instant.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { repositoryNamed } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** A moment that a person named, `latest` included. Throws USAGE for anything that is no time. */
export function readInstant(text: string): Timestamp | "latest" {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  throw new Failure("USAGE", `${text} is no time`, {
    hint: "use 20250318T140338Z, 2025-03-18, 2025-03-18T14:03:38Z, @1742306618 or latest",
  });
}

/** The repository of that name, or the one that a distribution of that name serves. Throws USAGE where the two would differ. */
export function repositoryServedAs(config: Config, name: string): RepositorySettings {
  const distribution = config.distributions.find((one) => one.name === name);
  const isRepository = config.repositories.some((one) => one.name === name);
  if (distribution === undefined || (isRepository && distribution.repository === name))
    return repositoryNamed(config, name);
  if (!isRepository) return repositoryNamed(config, distribution.repository);
  throw new Failure("USAGE", `${name} is a repository, and a distribution of ${distribution.repository}`, {
    hint: `name the repository by another of its distributions, or ${distribution.repository} by its own name`,
  });
}

/** The checkpoint of exactly that moment, pruned ones included; `latest` is the newest that is kept. Throws USAGE with its neighbours when there is none. */
export function checkpointNamed(
  { store }: Pick<Workspace, "store">,
  repository: string,
  time: string,
): { readonly history: History; readonly checkpoint: Checkpoint } {
  const at = readInstant(time);
  const history = store.repository(repository)?.history;
  const kept = history === undefined ? [] : keptCheckpoints(history);
  const checkpoint = at === "latest" ? kept.at(-1) : history?.checkpoints.find((candidate) => candidate.created === at);
  if (history !== undefined && checkpoint !== undefined) return { history, checkpoint };
  if (at === "latest" || kept.length === 0) throw new Failure("USAGE", `${repository} has no checkpoint`);
  const older = kept.findLast(({ created }) => created < at)?.created ?? "none";
  const newer = kept.find(({ created }) => created > at)?.created ?? "none";
  throw new Failure("USAGE", `${repository} has no checkpoint of ${at}`, {
    hint: `its neighbours: ${older} (older), ${newer} (newer)`,
  });
}
