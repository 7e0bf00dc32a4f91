import path from "node:path";

import type { BasePath } from "../model/base-path.ts";
import type { Digest } from "../model/digest.ts";

/** The one place that knows where things lie below the state directory. See FORMAT.md. */
export interface StateLayout {
  readonly root: string;
  readonly format: string;
  readonly lock: string;
  /** Which repository's checkpoints were ever served under which base path. */
  readonly places: string;
  /** Distributions whose files may be in the site, also those that left the configuration. */
  readonly distributions: string;
  readonly incoming: string;
  readonly trash: string;
  readonly cache: string;
  /** What a repair set aside. */
  readonly damaged: string;
  readonly objects: string;
  readonly trees: string;
  object(digest: Digest): string;
  tree(digest: Digest): string;
  repository(name: string): string;
  log(name: string): string;
  cacheFile(name: string): string;
  /**
   * State of the plain distribution at a base path: what is served under which modification time, which dropped paths are still there. Validators belong to
   * addresses, so a distribution with another name keeps it, and one that moved to another base path begins anew.
   */
  plain(basePath: BasePath): string;
}

export function stateLayout(root: string): StateLayout {
  const below = (...parts: readonly string[]): string => path.join(root, ...parts);
  const [objects, trees] = [below("objects"), below("trees")];
  return {
    root,
    format: below("FORMAT"),
    lock: below("lock"),
    places: below("places.json"),
    distributions: below("distributions.json"),
    incoming: below("incoming"),
    trash: below("trash"),
    cache: below("cache"),
    damaged: below("damaged"),
    objects,
    trees,
    object: (digest) => `${objects}/${digest.slice(0, 2)}/${digest}`,
    tree: (digest) => `${trees}/${digest.slice(0, 2)}/${digest}`,
    repository: (name) => below("repositories", name),
    log: (name) => below("repositories", name, "log"),
    cacheFile: (name) => below("cache", name),
    plain: (basePath) => below("plain", `${basePath.replaceAll("/", "+")}.json`),
  };
}

/** Whether a file lies where the pool has its objects. */
export function isObjectPath(file: string): boolean {
  return /\/objects\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/.test(file);
}
