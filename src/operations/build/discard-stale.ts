import { readdirSync, rmSync, rmdirSync } from "node:fs";
import path from "node:path";

import { discard, discardIfEmpty } from "../../site/reveal.ts";
import type { Workspace } from "../workspace.ts";

/** Takes a generated file out of public/, and the folders that it leaves empty. */
export function discardStale({ config, store }: Workspace, file: string): void {
  discard(file, store.layout.trash);
  for (const folder of foldersBetween(config.publicDir, file)) discardIfEmpty(folder, store.layout.trash);
}

/** Rules need not lie on the file system of the trash, and nothing is served from there. */
export function removeRules({ config }: Workspace, file: string): void {
  rmSync(file, { force: true });
  for (const folder of foldersBetween(config.rulesDir, file)) if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** The folders that hold `file`, from the inmost one up to but not including `top`. */
function foldersBetween(top: string, file: string): readonly string[] {
  const folder = path.dirname(file);
  return folder === top ? [] : [folder, ...foldersBetween(top, folder)];
}
