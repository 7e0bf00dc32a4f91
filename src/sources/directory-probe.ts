import { createHash } from "node:crypto";

import { compareNames } from "../model/compare-names.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { readyMark } from "./directory-ready.ts";
import { walkDirectory } from "./directory-walk.ts";

/**
 * What a directory source looks like now: a digest over the names, sizes and times of everything in it that the patterns select. Equal digests mean that nothing moved between two
 * looks. The writer's mark (`ready`) counts as well: it is what a run waits for. What the patterns leave out does not count: a log that is written all day in an excluded directory must not keep the source unsettled. Throws as `walkDirectory` does.
 */
export async function probeDirectory(remote: DirectoryRemote, signal: AbortSignal): Promise<string> {
  const { files, troubles } = await walkDirectory(remote, signal);
  const hash = createHash("sha256").update(readyMark(remote));
  for (const { path, real, state } of files.values()) hash.update(`${path}\0${real}\0${state.key}\0`);
  for (const { path, kind } of troubles.toSorted((a, b) => compareNames(a.path, b.path)))
    hash.update(`${path}\0${kind}\0`);
  return hash.digest("hex");
}
