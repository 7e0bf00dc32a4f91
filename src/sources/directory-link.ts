import { lstatSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

import { isGone, throwReadFailure } from "./directory-errors.ts";

/** Why a symbolic link cannot be taken: the policy says so, or where it leads. */
export type LinkTrouble = "link" | "dangling-link" | "outside-link" | "looping-link";

export type FollowedLink =
  | { readonly kind: "file" | "directory" | "special"; readonly real: string }
  | { readonly kind: LinkTrouble; readonly isDirectory: boolean };

/**
 * Where the symbolic link at `link` leads under `follow-inside`. `root` and `holders` are real paths: the source's own, and the directories whose links were
 * followed to get here, the one that holds `link` included. A link to such a directory, or to one above it, could be followed for ever.
 */
export function followLink(link: string, root: string, holders: readonly string[]): FollowedLink {
  const target = realTarget(link);
  if (target === undefined) return { kind: "dangling-link", isDirectory: false };
  const isDirectory = target.stats.isDirectory();
  if (!isAtOrBelow(target.real, root)) return { kind: "outside-link", isDirectory };
  if (isDirectory && holders.some((holder) => isAtOrBelow(holder, target.real))) {
    return { kind: "looping-link", isDirectory };
  }
  if (isDirectory) return { kind: "directory", real: target.real };
  return { kind: target.stats.isFile() ? "file" : "special", real: target.real };
}

/** Whether a link shows a directory, wherever that lies. */
export function showsDirectory(link: string): boolean {
  try {
    return statSync(link, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // The link is going to be refused or left out; that its target cannot be looked at changes nothing.
    return false;
  }
}

function realTarget(link: string): { readonly real: string; readonly stats: Stats } | undefined {
  try {
    const real = realpathSync.native(link);
    return { real, stats: lstatSync(real) };
  } catch (error) {
    if (isGone(error)) return undefined;
    return throwReadFailure(error, link);
  }
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
