import { mkdirSync } from "node:fs";

import type { Move } from "./stage-tree.ts";
import { lstatIfThere } from "./stat-if-there.ts";

/**
 * Folders that the site does not have yet, such as `_asof/d/ab`: what will lie in one is staged in a folder of its own, which then appears by one rename. The first checkpoint of a large tree has some hundred names to
 * give so, and not one for each directory.
 */
export interface WholeFolders {
  /** Where to stage what will be at `to`; undefined when its folder is there, so that it has to be moved by itself. The answer for a folder does not change. */
  placeFor(to: string): string | undefined;
  /** To be made before others, which may go into the same folders. */
  moves(): readonly Move[];
}

export function openWholeFolders(stagingDir: string): WholeFolders {
  /** By the folder that each will be. */
  const staged = new Map<string, string | undefined>();

  function folderFor(folder: string): string | undefined {
    if (staged.has(folder)) return staged.get(folder);
    const from = lstatIfThere(folder) === undefined ? `${stagingDir}/whole-${staged.size}` : undefined;
    if (from !== undefined) mkdirSync(from, { mode: 0o755 });
    staged.set(folder, from);
    return from;
  }

  return {
    placeFor: (to) => {
      const end = to.lastIndexOf("/");
      const folder = folderFor(to.slice(0, end));
      return folder === undefined ? undefined : folder + to.slice(end);
    },
    moves: () => [...staged].flatMap(([to, from]) => (from === undefined ? [] : [{ from, to }])),
  };
}
