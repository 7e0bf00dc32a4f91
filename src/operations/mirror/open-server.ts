import type { RepositorySettings } from "../../model/config.ts";
import type { PulpRemote } from "../../model/remote.ts";
import { openPulpServer } from "../../sources/pulp-server.ts";
import type { PulpServer } from "../../sources/pulp-server.ts";
import { readIfThere } from "../../store/disk.ts";
import { hasObject } from "../../store/transaction.ts";
import { sourceCache } from "../sync/open-source.ts";
import type { Workspace } from "../workspace.ts";

/** The server behind a remote. */
export function openServer(
  { store: { layout } }: Pick<Workspace, "store">,
  { name, fetch, manifest }: RepositorySettings,
  remote: PulpRemote,
): PulpServer {
  return openPulpServer(remote, fetch, {
    manifestName: manifest,
    pool: {
      has: (digest, sizeBytes) => hasObject(layout, digest, sizeBytes),
      read: (digest) => readIfThere(layout.object(digest)),
    },
    cache: sourceCache(layout.cacheFile(`${name}.pulp-files`)),
  });
}
