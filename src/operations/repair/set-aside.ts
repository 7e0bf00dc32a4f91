import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";

import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Workspace } from "../workspace.ts";

/** Takes something out of sight and keeps it: below state/damaged, under the second of the repair and its own path. Answers where it is. */
export function setAside(
  { config, store, clock }: Pick<Workspace, "config" | "store" | "clock">,
  file: string,
): string {
  const top = [config.publicDir, config.stateDir].find((folder) => file.startsWith(`${folder}${path.sep}`));
  const name = path.join(path.basename(top ?? ""), path.relative(top ?? path.dirname(file), file));
  const folder = path.join(store.layout.damaged, timestampFromSeconds(clock.now()));
  let to = path.join(folder, name);
  for (let number = 2; existsSync(to); number++) to = path.join(folder, `${name}~${number}`);
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  renameSync(file, to);
  return to;
}
