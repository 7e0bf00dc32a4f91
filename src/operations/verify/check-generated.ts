import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Config } from "../../model/config.ts";
import type { SiteJson } from "../../pages/site-json.ts";
import { planBuild } from "../build/build.ts";
import type { BuildPlan } from "../build/build.ts";
import { readBuiltRecord } from "../build/built-record.ts";
import { openClientKits } from "../build/client-kit.ts";
import { planHostFiles } from "../build/host-files.ts";
import type { GeneratedGroup } from "../build/made-files.ts";
import { planRules } from "../build/rules-files.ts";
import { noRowTexts } from "../build/row-texts.ts";
import { assetFiles, gonePages, hasContent, listFiles, topFiles } from "../build/site-files.ts";
import type { GeneratedFile } from "../build/site-files.ts";
import { distributionsOnDisk, readSiteRecord, siteRecordFile } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { asLocalFailure } from "../local-failure.ts";
import type { Expected } from "./expected.ts";
import type { Finding, Problem } from "./finding.ts";
import { noWork, pendingNotices, pendingWork } from "./pending-work.ts";
import type { PendingWork } from "./pending-work.ts";

export interface GeneratedCheck {
  /** Whether state or configuration changed since the last build: what differs then is what the next build will write, and no damage. */
  readonly isPending: boolean;
  /** What is no damage and worth a line. */
  readonly notices: readonly string[];
  /** What could not be compared, in plain words. */
  readonly unchecked: readonly string[];
  /** What the next build makes for the first time. */
  readonly work: PendingWork;
  /** Why a build cannot even be planned: then nothing of this was compared. */
  readonly failure: Failure | undefined;
}

/** What is only compared with what a build would write when no build is pending. */
export const comparedWithBuild: readonly string[] = ["lists", "rules", "pages"];

/** Lists, JSON, assets, rules: each is what a build would write now, in a regular file of mode 0644. Names in public/ that nobody accounts for are told as notices. */
export function checkGenerated(workspace: Workspace, report: (finding: Finding) => void): GeneratedCheck {
  let plan: BuildPlan;
  try {
    plan = planBuild(workspace, { trusting: false });
  } catch (error) {
    const failure = asLocalFailure(error);
    if (!(failure instanceof Failure)) throw error;
    const notices = [`lists, rules and pages were not checked: ${failure.message}`];
    return { isPending: true, notices, unchecked: comparedWithBuild, work: noWork, failure };
  }
  const isPending = isBuildPending(workspace, plan);
  const work = isPending ? pendingWork(workspace, plan) : noWork;
  const notices = [...pendingNotices(work)];
  const differing = new Set(
    [...plan.besides, ...plan.lists, ...plan.newHostFiles, ...plan.rules].map((one) => one.path),
  );
  const hosts = planHostFiles(workspace, readBuiltRecord(workspace).hostFiles);
  const inPublic = [
    ...assetFiles(workspace),
    ...filesOf(gonePages(workspace)),
    ...filesOf(listFiles(workspace, openClientKits(workspace), noRowTexts)),
    ...plan.history.files,
    ...topFiles(workspace),
    ...hosts.public,
  ];
  check(inPublic, "generated");
  check([...filesOf(planRules(workspace)), ...hosts.rules], "rules");
  if (isPending && differing.size > 0)
    notices.push(
      `${differing.size} lists and rules are older than the state or the configuration: asof build writes them`,
    );
  const ours = new Set([...inPublic.map((one) => one.path), ...plan.stale]);
  return {
    isPending,
    notices: [...notices, ...foreign(workspace, ours)],
    unchecked: isPending ? comparedWithBuild : [],
    work,
    failure: undefined,
  };

  function check(files: readonly GeneratedFile[], kind: "generated" | "rules"): void {
    for (const one of files) {
      const { path: file } = one;
      const there = lstatSync(file, { throwIfNoEntry: false });
      const fail = (problem: Problem, detail = "", wanted?: Expected): void =>
        report({
          kind,
          problem,
          path: file,
          digest: undefined,
          detail,
          affects: [],
          ...(wanted === undefined ? {} : { wanted }),
        });
      /** Given where a build does not see that anything is wrong. */
      const page: Expected = { kind: "page", content: () => one.content };
      if (there === undefined) {
        if (!isPending) fail("missing");
      } else if (!there.isFile()) fail("type", there.isSymbolicLink() ? "a symlink" : "no regular file", page);
      else {
        if ((there.mode & 0o777) !== 0o644) fail("mode", `mode ${(there.mode & 0o7777).toString(8)}`);
        if (!isPending && differing.has(file)) fail("bytes");
        else if (one.finalBytes === there.size && !hasContent(one)) fail("bytes", "", page);
      }
    }
  }
}

function filesOf(groups: readonly GeneratedGroup[]): readonly GeneratedFile[] {
  return groups.flatMap((group) => group.make());
}

/** Without a record of the last build nothing speaks for a difference: it is damage then. */
function isBuildPending(workspace: Workspace, plan: BuildPlan): boolean {
  const built = readBuiltRecord(workspace);
  const { config, store } = workspace;
  const site = readSiteRecord(config.publicDir);
  const isBehind = (site?.repositories ?? []).some(
    ({ name, log }) => (store.repository(name)?.log.length ?? 0) > log.length,
  );
  if (isBehind || (site !== undefined && !servesWhatIsConfigured(site, config))) return true;
  // Neither site nor record: there was never a build that came to its end.
  if (built.pages === "") return site === undefined;
  if (plan.takeDowns.length > 0) return true;
  return (
    built.pages !== plan.pagesFingerprint ||
    built.layout !== config.layout ||
    built.reloaded !== plan.rulesFingerprint ||
    built.hosts.join() !== config.hosts.join()
  );
}

function keyOf(...parts: readonly (string | boolean)[]): string {
  return parts.join(" ");
}

/** Whether the last build knew exactly these distributions. */
function servesWhatIsConfigured({ distributions }: SiteJson, config: Config): boolean {
  const listed = new Set(
    distributions
      .filter((one) => one.listed)
      .map((one) => keyOf(one.name, one.base_path, one.repository, one.checkpoint)),
  );
  return (
    listed.size === config.distributions.length &&
    config.distributions.every((one) => listed.has(keyOf(one.name, one.basePath, one.repository, one.checkpoint)))
  );
}

/** Names below public/ that are neither content nor generated: somebody else's. They stay, and are told. */
function foreign(workspace: Workspace, generated: ReadonlySet<string>): readonly string[] {
  const { config, publicLayout } = workspace;
  const known = new Set([...generated, siteRecordFile(config.publicDir), path.join(config.publicDir, "status.json")]);
  /** Folders that are looked at elsewhere, or hold what earlier builds left. */
  const elsewhere = new Set([publicLayout.sharedFolder, path.join(publicLayout.root, "_asof", "p")]);
  const history = new Set<string>();
  for (const { basePath, checkpoint, repository } of distributionsOnDisk(workspace)) {
    const base = publicLayout.base(basePath);
    if (!checkpoint) {
      elsewhere.add(base);
      continue;
    }
    for (const { created } of workspace.store.repository(repository)?.history.checkpoints ?? []) {
      elsewhere.add(publicLayout.checkpoint(basePath, created)).add(publicLayout.beside(basePath, created));
    }
    elsewhere.add(publicLayout.records(basePath)).add(path.join(base, "_asof", "times"));
    history.add(base);
  }
  const found: string[] = [];
  const pending = [config.publicDir];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (elsewhere.has(file) || known.has(file) || entry.name.startsWith(".asof-new-")) continue;
      // A directory under the name of a checkpoint is a finding already.
      if (history.has(folder) && /^\d{8}T\d{6}Z$/.test(entry.name)) continue;
      if (entry.isDirectory()) pending.push(file);
      else found.push(file);
    }
  }
  return found.map((file) => `${file} was not made by asof`);
}
