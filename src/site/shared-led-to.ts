import { readdirSync, readlinkSync } from "node:fs";
import type { Dirent } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../error-code.ts";
import type { PublicLayout } from "./public-layout.ts";

/**
 * Shared directories that symlinks below `folders` lead to, and symlinks in those in turn: absolute paths, whether or not they are there. Asks the disk alone, so that it holds also where nobody knows any more what a
 * directory was made from. What `isLeftOut` is not looked into.
 */
export function sharedLedTo(
  publicLayout: PublicLayout,
  folders: readonly string[],
  isLeftOut: (file: string) => boolean = () => false,
): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [...folders];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of entriesOf(folder)) {
      const file = path.join(folder, entry.name);
      // It is looked into when something leads there.
      if (file === publicLayout.sharedFolder || isLeftOut(file)) continue;
      if (entry.isDirectory()) pending.push(file);
      const shared = entry.isSymbolicLink() ? sharedAt(publicLayout, file) : undefined;
      if (shared === undefined || found.has(shared)) continue;
      found.add(shared);
      if (!isLeftOut(shared)) pending.push(shared);
    }
  }
  return found;
}

function sharedAt({ sharedFolder }: PublicLayout, link: string): string | undefined {
  const inside = path.relative(sharedFolder, path.resolve(path.dirname(link), readlinkSync(link)));
  const [bucket = "", name = ""] = inside.split(path.sep);
  return inside.startsWith("..") || name === "" ? undefined : path.join(sharedFolder, bucket, name);
}

/** None where there is no such directory, or nobody may read it. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "EIO")) return [];
    throw error;
  }
}
