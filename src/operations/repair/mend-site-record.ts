import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { isLogPieceName } from "../../model/log-piece.ts";
import { emptyLog, openLogReader } from "../../store/log.ts";
import type { RepositoryLog } from "../../store/log.ts";
import { readRecordedDistributions, recordDistributions } from "../build/recorded-distributions.ts";
import { distributionsOnDisk, readSiteRecord, siteRecordFile } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { setAside } from "./set-aside.ts";

/**
 * Sets aside what keeps every writer out and can be made again: a site.json that cannot be read, which the next build writes, and a list of distributions that cannot be read, as long as site.json has it, too.
 * One that can be read and contradicts the state is the trace of an old backup, and stays. Needs the lock. Answers what was where and is where now. Throws HISTORY_BEHIND_SITE where site.json cannot be read or is
 * not there, and the log that the site publishes tells that it was built from more history than the state holds, or from another one.
 */
export function mendSiteRecord(workspace: Workspace): readonly { readonly from: string; readonly to: string }[] {
  const { config, store } = workspace;
  const file = siteRecordFile(config.publicDir);
  const isSiteBad = isDamaged(() => readSiteRecord(config.publicDir));
  const isListBad = isDamaged(() => readRecordedDistributions(workspace));
  const aside = (from: string) => ({ from, to: setAside(workspace, from) });
  const isThere = existsSync(file);
  if (!isListBad && (isSiteBad || !isThere)) {
    checkPublishedLogs(workspace, [...config.distributions, ...(readRecordedDistributions(workspace) ?? [])]);
    return isThere ? [aside(file)] : [];
  }
  if (!isListBad || isSiteBad || !isThere) return [];
  const moved = aside(store.layout.distributions);
  recordDistributions(workspace, distributionsOnDisk(workspace));
  return [moved];
}

function isDamaged(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (error instanceof Failure && error.code === "DAMAGE") return true;
    throw error;
  }
}

/** What site.json would have told: whether the published logs go on where the state ends, or tell something else. */
function checkPublishedLogs({ store, publicLayout }: Workspace, distributions: readonly DistributionSettings[]): void {
  for (const { basePath, repository, checkpoint } of distributions) {
    const lines = checkpoint ? publishedLines(publicLayout.log(basePath)) : [];
    const known = store.repository(repository)?.log ?? emptyLog;
    const why =
      lines.length > known.length
        ? `knows ${known.length} events of ${repository}, the site was built from ${lines.length} or more`
        : contradicts(lines, known)
          ? `and the site have different histories of ${repository}`
          : undefined;
    if (why === undefined) continue;
    throw new Failure("HISTORY_BEHIND_SITE", `the state directory ${why}, and site.json cannot be read`, {
      hint: "was an old backup of state/ restored? Nothing was written. Bring the newest state back; or bring site.json back from a copy of the site, and let asof recover --adopt take the rest from the site",
    });
  }
}

/** A line is believed when the one behind it bears its digest: damage alone does not make such a pair. */
function contradicts(lines: readonly string[], known: RepositoryLog): boolean {
  const reader = openLogReader();
  for (const line of lines) if (!reader.push(line)) break;
  return reader.digests.slice(0, -1).some((digest, index) => digest !== known.digestAt(index));
}

function publishedLines(folder: string): readonly string[] {
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter(isLogPieceName)
    .toSorted()
    .flatMap((piece) => readFileSync(path.join(folder, piece), "utf8").split("\n").slice(0, -1));
}
