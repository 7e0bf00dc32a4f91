import { existsSync, lstatSync } from "node:fs";

import { Failure } from "../failure.ts";
import { discard } from "../site/reveal.ts";
import { replaceFileIfChanged } from "../store/disk.ts";
import { renderSiteJson } from "../pages/site-json.ts";
import { distributionsOnDisk, readSiteRecord, siteRecordFile } from "./site-record.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Takes away what is left on disk of a distribution that is no longer configured. Its repository's history and content stay in the state; the next sweep removes what
 * nothing else needs.
 */
export async function removeDistribution(workspace: Workspace, name: string): Promise<{ readonly basePath: string }> {
  const { config, publicLayout, store } = workspace;
  if (config.distributions.some((one) => one.name === name)) {
    throw new Failure("USAGE", `${name} is still in ${config.file}`, {
      hint: "take it out of the configuration first",
    });
  }
  const departed = distributionsOnDisk(workspace).find((one) => one.name === name);
  const record = readSiteRecord(config.publicDir);
  if (departed === undefined || record === undefined) {
    throw new Failure("USAGE", `there is nothing of a distribution ${name} on disk`);
  }
  const base = publicLayout.base(departed.basePath);
  if (lstatSync(base, { throwIfNoEntry: false }) !== undefined) discard(base, store.layout.trash);
  const kept = publicLayout.plainFolder(name);
  if (existsSync(kept)) discard(kept, store.layout.trash);
  const distributions = record.distributions.filter((one) => one.base_path !== departed.basePath);
  replaceFileIfChanged(siteRecordFile(config.publicDir), renderSiteJson({ ...record, distributions }));
  await store.recover();
  return { basePath: departed.basePath };
}
