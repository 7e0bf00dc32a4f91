import type { RepositorySettings } from "../../model/config.ts";
import type { ContentRemote } from "../../model/remote.ts";
import { openDirectory } from "../../sources/directory.ts";
import { openManifestUrl } from "../../sources/manifest-url.ts";
import type { Source, SourceCache } from "../../sources/source.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";

/** Opens where a repository's content comes from. */
export function openSource(workspace: Workspace, repository: RepositorySettings, remote: ContentRemote): Source {
  switch (remote.type) {
    case "file":
      return openManifestUrl(remote, repository.fetch, {
        cache: sourceCache(workspace.store.layout.cacheFile(`${repository.name}.manifest`)),
        recorded: () => workspace.store.repository(repository.name)?.history.upstreamManifest?.digest,
      });
    case "directory":
      return openDirectory(remote, {
        cache: sourceCache(workspace.store.layout.cacheFile(`${repository.name}.stat`)),
        now: () => workspace.clock.now(),
      });
  }
}

/** A file in the state's cache. */
export function sourceCache(file: string): SourceCache {
  return {
    read: () => Promise.resolve(readIfThere(file)),
    write: (content) => Promise.resolve(replaceFile(file, content, 0o600)),
  };
}
