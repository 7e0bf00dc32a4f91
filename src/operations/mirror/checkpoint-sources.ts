import type { RepositorySettings } from "../../model/config.ts";
import type { PulpRemote } from "../../model/remote.ts";
import type { Source } from "../../sources/source.ts";
import type { Workspace } from "../workspace.ts";
import { openServer } from "./open-server.ts";

/** Every checkpoint that a Pulp server has, each as a source, the newest first. */
export async function* checkpointSources(
  workspace: Pick<Workspace, "store" | "signal">,
  repository: RepositorySettings,
  remote: PulpRemote,
): AsyncGenerator<Source, void> {
  const server = openServer(workspace, repository, remote);
  const { checkpoints } = await server.look(workspace.signal);
  for (const checkpoint of checkpoints.toReversed()) yield server.open(checkpoint);
}
