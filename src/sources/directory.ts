import { lstatSync } from "node:fs";

import { compareNames } from "../model/compare-names.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { isGone, throwReadFailure } from "./directory-errors.ts";
import { fetchFiles } from "./directory-fetch.ts";
import { selectEntries } from "./directory-glob.ts";
import type { ListedFile } from "./directory-moved.ts";
import { openDirectoryTree } from "./directory-tree.ts";
import type { DirectoryTree } from "./directory-tree.ts";
import { troubleFailure } from "./directory-trouble.ts";
import { walkTree } from "./directory-walk.ts";
import type { Source, SourceCache } from "./source.ts";
import { fileState, isRacy, readStatCache } from "./stat-cache.ts";
import type { FileState, StatCache } from "./stat-cache.ts";

/**
 * A directory on this machine as a source. Files that did not change since the last run (same device, inode, size and times) are not read again; those that
 * change while they are read never enter.
 */
export function openDirectory(
  remote: DirectoryRemote,
  options: { readonly cache: SourceCache; readonly now: () => number },
): Source {
  let tree: DirectoryTree | undefined;
  let files = new Map<RelativePath, ListedFile>();
  let cache: StatCache | undefined;
  let scanStarted = 0;
  let hasFetched = false;

  async function list(signal: AbortSignal): ReturnType<Source["list"]> {
    cache ??= await readStatCache(options.cache);
    scanStarted = options.now();
    hasFetched = false;
    tree = openDirectoryTree(remote);
    const selected = await selectEntries(await walkTree(tree, signal), remote, tree.root.real);
    const troubles = selected.filter((entry) => entry.kind !== "file" && entry.kind !== "directory");
    if (troubles.length > 0) throw troubleFailure(remote.path, troubles);
    files = new Map();
    for (const entry of selected) {
      if (entry.kind !== "file") continue;
      const state = stateOf(entry.real);
      // It went away since its directory was read: confirm will find the directory changed.
      if (state === undefined) continue;
      const digest = isRacy(state, scanStarted) ? undefined : cache.digestOf(entry.path, state);
      files.set(entry.path, { ...entry, state, digest });
    }
    const entries = [...files.values()]
      .map(({ path, digest, state }) => ({ path, digest, sizeBytes: state.sizeBytes }))
      .toSorted((a, b) => compareNames(a.path, b.path));
    return { entries, manifest: undefined, serverSeconds: undefined };
  }

  const fetch: Source["fetch"] = async (wanted, sink, fetchOptions) => {
    const listed = wanted.map(({ path }) => {
      const file = files.get(path);
      if (file === undefined) throw new Error(`${path} is not in the last listing`);
      return file;
    });
    hasFetched ||= listed.length > 0;
    return fetchFiles(listed, sink, fetchOptions);
  };

  async function confirm(signal: AbortSignal): ReturnType<Source["confirm"]> {
    if (tree === undefined || cache === undefined) throw new Error("confirm before list");
    if (tree.hasChanged()) return "moved";
    for (const [real, state] of tree.states) {
      signal.throwIfAborted();
      if (stateOf(real)?.key !== state.key) return "moved";
    }
    // Without a fetch every file was as the last settled run left it when it was looked at: that is one state.
    for (const file of hasFetched ? files.values() : []) {
      signal.throwIfAborted();
      if (stateOf(file.real)?.key !== file.state.key) return "moved";
    }
    const remembered = [...files.values()]
      .flatMap(({ path, state, digest }) =>
        digest === undefined || isRacy(state, scanStarted) ? [] : [{ path, state, digest }],
      )
      .toSorted((a, b) => compareNames(a.path, b.path));
    await cache.save(remembered);
    return "settled";
  }

  return { list, fetch, confirm };
}

function stateOf(real: string): FileState | undefined {
  try {
    return fileState(lstatSync(real, { bigint: true }));
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, real);
  }
}
