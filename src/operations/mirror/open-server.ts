import type { RepositorySettings } from "../../model/config.ts";
import type { PulpRemote } from "../../model/remote.ts";
import { openPulpServer } from "../../sources/pulp-server.ts";
import type { PulpServer } from "../../sources/pulp-server.ts";

/** The server behind a remote. */
export function openServer({ fetch, manifest }: RepositorySettings, remote: PulpRemote): PulpServer {
  return openPulpServer(remote, fetch, { manifestName: manifest });
}
