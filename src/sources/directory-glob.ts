import fastGlob from "fast-glob";

import { Failure } from "../failure.ts";
import type { DirectoryRemote } from "../model/remote.ts";
import { throwReadFailure } from "./directory-errors.ts";
import type { TreeEntry } from "./directory-tree.ts";

/**
 * The entries that the patterns select, directories left out. Patterns are fast-glob's, relative to the root, case-sensitive, dotfiles included, and match names as the
 * source shows them (a followed link under the link's name). A pattern without wildcards that names a directory means everything in it; an excluded directory excludes
 * what it holds. A pattern that matches nothing selects nothing.
 *
 * fast-glob reads the directory by itself, so what only one of the two readings saw is left out here: the directory has changed, and `confirm` will say so.
 */
export async function selectEntries(
  { found, refused }: { readonly found: readonly TreeEntry[]; readonly refused: readonly Failure[] },
  remote: DirectoryRemote,
  root: string,
): Promise<readonly TreeEntry[]> {
  if (selectsEverything(remote)) {
    if (refused[0] !== undefined) throw refused[0];
    return found;
  }
  const matches = await glob(remote, root);
  const matched = new Set(matches);
  return found.filter((entry) => matched.has(entry.path));
}

async function glob(remote: DirectoryRemote, root: string): Promise<readonly string[]> {
  try {
    return await fastGlob.async(remote.include.flatMap(includePatterns), {
      ignore: remote.exclude.flatMap(excludePatterns),
      cwd: root,
      dot: true,
      followSymbolicLinks: remote.symlinks === "follow-inside",
      onlyFiles: false,
      unique: true,
    });
  } catch (error) {
    // A directory that no pattern excludes and that may not be read.
    return throwReadFailure(error, error instanceof Error && "path" in error ? String(error.path) : root);
  }
}

function selectsEverything({ include, exclude }: DirectoryRemote): boolean {
  return exclude.length === 0 && include.length === 1 && include[0] === "**";
}

function includePatterns(written: string): string[] {
  const pattern = checkPattern(written);
  return fastGlob.isDynamicPattern(pattern) ? [pattern] : [pattern, `${pattern}/**`];
}

function excludePatterns(written: string): string[] {
  const pattern = checkPattern(written);
  // fast-glob skips an excluded directory only when it comes from above, not when an include pattern begins inside it.
  return [pattern, `${pattern}/**`];
}

/** The pattern without a leading `./` and a trailing slash. */
function checkPattern(written: string): string {
  const pattern = written.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  if (pattern === "" || pattern === ".") throw patternFailure(written, "is empty");
  if (pattern.startsWith("!")) throw patternFailure(written, 'begins with "!"; what to leave out stands under exclude');
  if (pattern.startsWith("/")) throw patternFailure(written, "is absolute; patterns are relative to the source");
  if (pattern.split("/").includes("..")) throw patternFailure(written, 'has a segment ".."');
  return pattern;
}

function patternFailure(pattern: string, problem: string): Failure {
  return new Failure("CONFIG", `The pattern ${JSON.stringify(pattern)} of a directory source ${problem}.`);
}
