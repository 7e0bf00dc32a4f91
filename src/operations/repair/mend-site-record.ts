import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import { readIfThere } from "../../store/disk.ts";
import { planRules } from "../build/rules-files.ts";
import { checkSiteNotAhead, readSiteRecord, siteRecordFile } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { setAside } from "./set-aside.ts";

/**
 * Sets a damaged site.json aside, so that the next build writes it; what it told of distributions that left the configuration is lost with it. One that can be read and contradicts the state may be the trace
 * of an old backup, and stays; but where the rules, which bear the log's length and digest too, are to the byte those of this state, it is site.json that was changed. Needs the lock. Answers where it is now.
 */
export function mendSiteRecord(workspace: Workspace): { readonly from: string; readonly to: string } | undefined {
  const { config } = workspace;
  const file = siteRecordFile(config.publicDir);
  if (!existsSync(file) || !isDamaged(workspace)) return undefined;
  return { from: file, to: setAside(workspace, file) };
}

function isDamaged(workspace: Workspace): boolean {
  try {
    readSiteRecord(workspace.config.publicDir);
  } catch (error) {
    if (error instanceof Failure && error.code === "DAMAGE") return true;
    throw error;
  }
  try {
    checkSiteNotAhead(workspace);
    return false;
  } catch (error) {
    if (error instanceof Failure && error.code === "HISTORY_BEHIND_SITE") return speakRulesForState(workspace);
    throw error;
  }
}

function speakRulesForState(workspace: Workspace): boolean {
  const rules = planRules(workspace);
  return rules.length > 0 && rules.every(({ path, content }) => readIfThere(path)?.toString("utf8") === content);
}
