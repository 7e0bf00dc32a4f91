import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { formerTimes, isTimesFileName, timesFolder } from "../../redirects/apache/time-files.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Files that earlier builds wrote for Apache and that its rules read no more, absolute. They are removed after all others were replaced: until then rules of an older generation may look for
 * them. `rules` are all that belong to the state, `changed` those that this build writes.
 */
export function staleRules(
  { config }: Pick<Workspace, "config">,
  rules: readonly Pick<GeneratedFile, "path">[],
  changed: readonly Pick<GeneratedFile, "path">[],
): readonly string[] {
  if (!config.servers.includes("apache")) return [];
  const wanted = new Set(rules.map((file) => file.path));
  const times = timeFilesIn(path.join(config.rulesDir, timesFolder)).filter((file) => !wanted.has(file));
  const former = path.join(config.rulesDir, formerTimes);
  const isRead = config.reload === undefined || changed.some((file) => file.path.endsWith(".conf"));
  return isRead || !existsSync(former) ? times : [...times, former];
}

/** What to tell of the times of earlier versions where nobody says when Apache was reloaded, which reads them until then. */
export function staleRulesWarnings({ config }: Pick<Workspace, "config">): readonly string[] {
  const former = path.join(config.rulesDir, formerTimes);
  if (config.reload !== undefined || !config.servers.includes("apache") || !existsSync(former)) return [];
  const relative = path.relative(path.dirname(config.file), former);
  return [
    `${relative.startsWith("..") ? former : relative} is not written any more: reload Apache, then remove that file`,
  ];
}

/** A folder for each repository; what has another name than asof gives is somebody else's. */
function timeFilesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const repositories = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return repositories.flatMap(({ name }) =>
    readdirSync(path.join(folder, name), { withFileTypes: true })
      .filter((entry) => entry.isFile() && isTimesFileName(entry.name.replace(/^\.asof-new-/, "")))
      .map((entry) => path.join(folder, name, entry.name)),
  );
}
