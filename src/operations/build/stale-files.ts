import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import { isLogPieceName } from "../../model/log-piece.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import { isKitFileName } from "../../pages/kit/kit-part.ts";
import type { Workspace } from "../workspace.ts";
import { staleFeeds } from "./program-files.ts";
import { foldersAbove } from "./site-files.ts";
import type { GeneratedFile } from "./site-files.ts";
import { departedDistributions } from "./site-record.ts";
import { isYearPageName } from "./year-pages.ts";

/**
 * Generated files that nothing leads to any more: pages of runs of tombstones that have grown into others, years without a checkpoint, lines for clients that the content does not
 * fit any more, pages above a base path that left the configuration, feeds of a site whose address is not known any more. Names that asof would not have given are somebody else's files.
 */
export function staleFiles(workspace: Workspace, current: readonly Pick<GeneratedFile, "path">[]): readonly string[] {
  const { config, publicLayout } = workspace;
  const wanted = new Set(current.map((file) => file.path));
  const folders = config.distributions
    .filter((distribution) => distribution.checkpoint)
    .flatMap(({ basePath }): readonly GeneratedFolder[] => [
      {
        folder: publicLayout.goneFolder(basePath),
        isOurs: (name) => isTimestamp(name.replace(/\.html$/, "")) && name.endsWith(".html"),
      },
      { folder: publicLayout.timeMapFolder(basePath), isOurs: (name) => /^\d{4}$/.test(name) },
      { folder: path.join(publicLayout.base(basePath), "checkpoints"), isOurs: (name) => /^\d{4}\.json$/.test(name) },
      { folder: publicLayout.years(basePath), isOurs: isYearPageName },
      { folder: publicLayout.log(basePath), isOurs: isLogPieceName },
      { folder: publicLayout.kit(basePath), isOurs: isKitFileName },
      { folder: publicLayout.compare(basePath), isOurs: (name) => name === "index.html" },
      { folder: publicLayout.history(basePath), isOurs: (name) => name === "index.html" },
    ]);
  const generated = folders.flatMap(({ folder, isOurs }) =>
    filesIn(folder)
      .filter(isOurs)
      .map((name) => path.join(folder, name)),
  );
  const above = foldersAbove(departedDistributions(workspace))
    .map((folder) => path.join(config.publicDir, folder, "index.html"))
    .filter((file) => existsSync(file));
  return [...[...generated, ...above].filter((file) => !wanted.has(file)), ...staleFeeds(workspace, wanted)];
}

/** A folder in which asof gives every name by one pattern. */
interface GeneratedFolder {
  readonly folder: string;
  readonly isOurs: (name: string) => boolean;
}

/** What is no directory. */
function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]));
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
  }
}
