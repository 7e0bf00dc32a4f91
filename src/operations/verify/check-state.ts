import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import { readPlainState } from "../build/built-record.ts";
import { readRecordedDistributions } from "../build/recorded-distributions.ts";
import {
  arePlacesMissing,
  checkPlacesFree,
  checkSiteNotAhead,
  repositoriesBehindSite,
  siteRecordFile,
} from "../build/site-record.ts";
import type { LostRepository } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding, FindingKind, Problem } from "./finding.ts";

/**
 * Every log is a chain that says nothing impossible. Reported are those that are not; the number of those that were read. Nothing that depends on a damaged log can be
 * asked after that.
 */
export function checkLogs({ store }: Workspace, report: (finding: Finding) => void): number {
  const names = store.repositoryNames();
  for (const name of names) {
    const file = store.layout.log(name);
    try {
      const history = store.repository(name)?.history;
      if (history === undefined) report(finding("log", "missing", file));
      else if (history.name !== name) report(finding("log", "contradiction", file, `it is that of ${history.name}`));
    } catch (error) {
      report(damageOf(error, "log", file));
    }
  }
  return names.length;
}

/** The other files of the state, and whether the site was built from this history. Asked when every log is whole. Answers of which repositories the site knows more. */
export function checkState(workspace: Workspace, report: (finding: Finding) => void): readonly LostRepository[] {
  const { config, store } = workspace;
  for (const { basePath, checkpoint } of config.distributions) {
    const file = store.layout.plain(basePath);
    if (!checkpoint && existsSync(file) && readPlainState(workspace, basePath) === undefined)
      report(finding("state", "bytes", file));
  }
  try {
    readRecordedDistributions(workspace);
  } catch (error) {
    report(damageOf(error, "state", store.layout.distributions));
    return [];
  }
  let behind: readonly LostRepository[];
  try {
    behind = repositoriesBehindSite(workspace);
  } catch (error) {
    report(damageOf(error, "generated", siteRecordFile(config.publicDir)));
    return [];
  }
  try {
    checkSiteNotAhead(workspace);
  } catch (error) {
    report(damageOf(error, "history", siteRecordFile(config.publicDir)));
  }
  try {
    checkPlacesFree(workspace, true);
  } catch (error) {
    // A base path that is taken is a fault of the configuration, which writing commands tell.
    if (!(error instanceof Failure) || error.code !== "CONFIG") report(damageOf(error, "state", store.layout.places));
  }
  if (arePlacesMissing(workspace)) report(finding("state", "missing", store.layout.places));
  return behind;
}

/** A failure, or the plain error of a history that contradicts itself. */
function damageOf(error: unknown, kind: FindingKind, file: string): Finding {
  if (!(error instanceof Error)) throw error;
  if (error instanceof Failure) {
    if (error.code === "HISTORY_BEHIND_SITE") return finding(kind, "contradiction", file, error.message);
    if (error.code !== "DAMAGE") throw error;
    return finding(kind, "bytes", file, error.message);
  }
  if ("code" in error) return finding(kind, "unreadable", file, String(error.code));
  return finding(kind, "contradiction", file, error.message);
}

function finding(kind: FindingKind, problem: Problem, path: string, detail = ""): Finding {
  return { kind, problem, path, digest: undefined, detail, affects: [] };
}
