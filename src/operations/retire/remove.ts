import { existsSync, lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { discard, discardIfEmpty } from "../../site/reveal.ts";
import { replaceFileIfChanged, syncFileSystem } from "../../store/disk.ts";
import { renderSiteJson } from "../../pages/site-json.ts";
import { recordDistributions } from "../build/recorded-distributions.ts";
import { departedDistributions, distributionsOnDisk, readSiteRecord, siteRecordFile } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Takes away what is left on disk of a distribution that is no longer configured. Its repository's history and content stay in the state; the next sweep removes what
 * nothing else needs.
 */
export async function removeDistribution(workspace: Workspace, name: string): Promise<{ readonly basePath: string }> {
  const { config, publicLayout, store } = workspace;
  const { basePath } = findDeparted(workspace, name);
  const others = distributionsOnDisk(workspace).filter((one) => one.basePath !== basePath);
  for (const place of [publicLayout.base(basePath), publicLayout.plainFolder(basePath), store.layout.plain(basePath)]) {
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) discard(place, store.layout.trash);
  }
  discardIfEmpty(path.dirname(publicLayout.plainFolder(basePath)), store.layout.trash);
  discardFoldersAbove(
    workspace,
    basePath,
    others.map((one) => one.basePath),
  );
  const record = readSiteRecord(config.publicDir);
  if (record !== undefined) {
    const distributions = record.distributions.filter((one) => one.base_path !== basePath);
    replaceFileIfChanged(siteRecordFile(config.publicDir), renderSiteJson({ ...record, distributions }));
  }
  // The last to forget it: a run that dies is begun again.
  recordDistributions(workspace, others);
  await syncFileSystem(store.layout.root);
  await store.recover();
  return { basePath };
}

/** The distribution of that name which left the configuration. Throws USAGE when there is none. */
export function findDeparted(workspace: Workspace, name: string): ReturnType<typeof departedDistributions>[number] {
  const { config } = workspace;
  const departed = departedDistributions(workspace).find((one) => one.name === name);
  if (departed !== undefined) return departed;
  throw config.distributions.some((one) => one.name === name)
    ? new Failure("USAGE", `${name} is still in ${config.file}`, { hint: "take it out of the configuration first" })
    : new Failure("USAGE", `there is nothing of a distribution ${name} on disk`);
}

/** Folders that are there for this base path alone, with their page; those of other distributions stay. */
function discardFoldersAbove(
  { config, publicLayout, store }: Workspace,
  basePath: string,
  others: readonly string[],
): void {
  const taken = [...config.distributions.map((one): string => one.basePath), ...others];
  for (let slash = basePath.lastIndexOf("/"); slash >= 0; slash = basePath.lastIndexOf("/", slash - 1)) {
    const prefix = basePath.slice(0, slash + 1);
    const folder = path.join(publicLayout.root, prefix);
    const isOurs = !taken.some((one) => one.startsWith(prefix)) && existsSync(folder);
    if (!isOurs || readdirSync(folder).some((name) => name !== "index.html")) return;
    discard(folder, store.layout.trash);
  }
}
