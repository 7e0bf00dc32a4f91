import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { ContentRemote, Remote } from "../../model/remote.ts";

/** A checkpoint of our own would settle seconds in which Pulp may still put one. Throws USAGE. */
export function refuseOwnCheckpoint({ name, remote }: RepositorySettings): void {
  if (remote?.type !== "pulp") return;
  throw new Failure("USAGE", `the checkpoints of ${name} are those of a Pulp server`, {
    hint: `make one there, and asof update ${name} takes it over`,
  });
}

/** A remote that has one state, now. Throws USAGE for a Pulp server, which has many. */
export function contentRemote(name: string, remote: Remote): ContentRemote {
  if (remote.type !== "pulp") return remote;
  throw new Failure("USAGE", `${name} has no content of its own to sync: its remote is a Pulp server`, {
    hint: `asof update ${name} takes over the checkpoints that are there`,
  });
}
