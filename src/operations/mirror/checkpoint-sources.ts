import type { RepositorySettings } from "../../model/config.ts";
import type { PulpRemote } from "../../model/remote.ts";
import type { Source } from "../../sources/source.ts";
import { openServer } from "./open-server.ts";

/** Every checkpoint that a Pulp server has, each as a source, the newest first. */
export async function* checkpointSources(
  repository: RepositorySettings,
  remote: PulpRemote,
  signal: AbortSignal,
): AsyncGenerator<Source, void> {
  const server = openServer(repository, remote);
  const { checkpoints } = await server.look(signal);
  for (const checkpoint of checkpoints.toReversed()) yield server.open(checkpoint);
}
