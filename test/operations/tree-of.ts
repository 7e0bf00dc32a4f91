import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

/** What stands under each name below a folder: `d 755`, `f 444 3 <sha256>`, `l <target>`. Two equal trees are the same names, modes, bytes and link targets. */
export type TreeText = Readonly<Record<string, string>>;

/** Reads a whole tree. Names (relative) that `leaveOut` lists are left out, with all below them. */
export function treeOf(root: string, leaveOut: readonly string[] = []): TreeText {
  const found: Record<string, string> = {};
  visit("");
  return found;

  function visit(folder: string): void {
    for (const name of readdirSync(path.join(root, folder)).toSorted()) {
      const inside = path.join(folder, name);
      if (leaveOut.includes(inside)) continue;
      const file = path.join(root, inside);
      const stat = lstatSync(file);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) found[inside] = `l ${readlinkSync(file)}`;
      else if (stat.isDirectory()) {
        found[inside] = `d ${mode}`;
        visit(inside);
      } else found[inside] = `f ${mode} ${stat.size} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
    }
  }
}

/** Every inode below a folder, links not followed. */
export function inodesOf(root: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    found.add(lstatSync(path.join(entry.parentPath, entry.name)).ino);
  }
  return found;
}
