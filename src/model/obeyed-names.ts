import type { Digest } from "./digest.ts";
import type { HostName } from "./server-name.ts";
import type { Tree } from "./tree.ts";

/**
 * Names of files that the server behind a host obeys in whatever directory they lie, mirrored ones included. Where `.htaccess` files count, nothing in such a file can turn off those below it, and a directory
 * of that name makes Apache refuse all that is beside it; `.user.ini` is what PHP looks for from a script upwards. In lower case: the file system of a host may not tell the difference.
 */
const obeyedNames: Readonly<Partial<Record<HostName, ReadonlySet<string>>>> = {
  htaccess: new Set([".htaccess", ".user.ini"]),
};

export function isObeyedName(host: HostName, name: string): boolean {
  return obeyedNames[host]?.has(name.toLowerCase()) === true;
}

/**
 * The path of a file or directory of a version that `host` would obey, so that the version must not be put there; undefined when there is none. `treeOf` reads a directory's record; `cleared` holds
 * the records that were found harmless, for the next version that is asked in the same run, which shares most of them.
 */
export function obeyedPath(
  host: HostName,
  root: Digest,
  treeOf: (tree: Digest) => Tree,
  cleared: Set<Digest>,
): string | undefined {
  return obeyedNames[host] === undefined ? undefined : search(root);

  function search(digest: Digest): string | undefined {
    if (cleared.has(digest)) return undefined;
    const { path, nodes } = treeOf(digest);
    for (const node of nodes) {
      if (isObeyedName(host, node.name)) return path === "" ? node.name : `${path}/${node.name}`;
      const below = node.kind === "directory" ? search(node.tree) : undefined;
      if (below !== undefined) return below;
    }
    cleared.add(digest);
    return undefined;
  }
}
