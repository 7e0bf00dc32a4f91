import type { RulesDistribution } from "./rules.ts";

/**
 * Paths below the mount, without slashes at their ends, of everything that may change and is no checkpoint distribution: plain distributions and the directories above base paths, "" for
 * the mount itself. At a mount of `/` the front page is the server's own business: rules for it would be rules for everything else that the user's server has.
 */
export function mutablePaths(mount: string, distributions: readonly RulesDistribution[]): readonly string[] {
  const plain = distributions.filter((distribution) => !distribution.checkpoint).map(({ basePath }) => basePath);
  const above = distributions.flatMap(({ basePath }) => {
    const slash = basePath.indexOf("/");
    return slash < 0 ? [] : [basePath.slice(0, slash)];
  });
  return mount === "/" ? [...new Set([...above, ...plain])].toSorted() : ["", ...plain];
}

/** JSON beside the front page, which pages read: files that need rules of their own where the mount has none. */
export function rootFiles(mount: string): readonly string[] {
  return mount === "/" ? ["site.json", "status.json"] : [];
}
