import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { planBuild } from "../build/build.ts";
import type { BuildPlan } from "../build/build.ts";
import { readBuiltRecord } from "../build/built-record.ts";
import { openClientKits } from "../build/client-kit.ts";
import { planHostFiles } from "../build/host-files.ts";
import { planRules } from "../build/rules-files.ts";
import { assetFiles, gonePages, listFiles } from "../build/site-files.ts";
import type { GeneratedFile } from "../build/site-files.ts";
import { distributionsOnDisk, readSiteRecord, siteRecordFile } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding, Problem } from "./finding.ts";

export interface GeneratedCheck {
  /** Whether state or configuration changed since the last build: what differs then is what the next build will write, and no damage. */
  readonly isPending: boolean;
  /** What is no damage and worth a line. */
  readonly notices: readonly string[];
}

/** Lists, JSON, assets, rules: each is what a build would write now, in a regular file of mode 0644. Names in public/ that nobody accounts for are told as notices. */
export function checkGenerated(workspace: Workspace, report: (finding: Finding) => void): GeneratedCheck {
  let plan: BuildPlan;
  try {
    plan = planBuild(workspace);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { isPending: true, notices: [`lists and rules were not checked: ${error.message}`] };
  }
  const isPending = isBuildPending(workspace, plan);
  const notices: string[] = [];
  const differing = new Set(
    [...plan.besides, ...plan.lists, ...plan.newHostFiles, ...plan.rules].map((one) => one.path),
  );
  const hosts = planHostFiles(workspace, readBuiltRecord(workspace).hostFiles);
  const inPublic = [
    ...assetFiles(workspace),
    ...gonePages(workspace),
    ...listFiles(workspace, openClientKits(workspace)),
    ...hosts.public,
  ];
  check(inPublic, "generated");
  check([...planRules(workspace), ...hosts.rules], "rules");
  if (isPending && differing.size > 0)
    notices.push(
      `${differing.size} lists and rules are older than the state or the configuration: asof build writes them`,
    );
  return { isPending, notices: [...notices, ...foreign(workspace, new Set(inPublic.map((one) => one.path)))] };

  function check(files: readonly GeneratedFile[], kind: "generated" | "rules"): void {
    for (const { path: file, content } of files) {
      const there = lstatSync(file, { throwIfNoEntry: false });
      const wanted = { kind: "page", content: () => content } as const;
      const fail = (problem: Problem, detail = ""): void =>
        report({ kind, problem, path: file, digest: undefined, detail, affects: [], wanted });
      if (there === undefined) {
        if (!isPending) fail("missing");
      } else if (!there.isFile()) fail("type", there.isSymbolicLink() ? "a symlink" : "no regular file");
      else {
        if ((there.mode & 0o777) !== 0o644) fail("mode", `mode ${(there.mode & 0o7777).toString(8)}`);
        if (!isPending && differing.has(file)) fail("bytes");
      }
    }
  }
}

/** Without a record of the last build nothing speaks for a difference: it is damage then. */
function isBuildPending(workspace: Workspace, plan: BuildPlan): boolean {
  const built = readBuiltRecord(workspace);
  const { config, store } = workspace;
  const isBehind = (readSiteRecord(config.publicDir)?.repositories ?? []).some(
    ({ name, log }) => (store.repository(name)?.log.digests.length ?? 0) > log.length,
  );
  if (isBehind || plan.takeDowns.length > 0) return true;
  if (built.pages === "") return false;
  return (
    built.pages !== plan.pagesFingerprint ||
    built.layout !== config.layout ||
    built.reloaded !== plan.rulesFingerprint ||
    built.hosts.join() !== config.hosts.join()
  );
}

/** Names below public/ that are neither content nor generated: somebody else's. They stay, and are told. */
function foreign(workspace: Workspace, generated: ReadonlySet<string>): readonly string[] {
  const { config, publicLayout } = workspace;
  const known = new Set([...generated, siteRecordFile(config.publicDir), path.join(config.publicDir, "status.json")]);
  /** Folders that are looked at elsewhere, or hold what earlier builds left. */
  const elsewhere = new Set([path.join(publicLayout.root, "_asof", "d"), path.join(publicLayout.root, "_asof", "p")]);
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
