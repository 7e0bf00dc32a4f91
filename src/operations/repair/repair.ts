import { chmodSync, existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { asLocalFailure } from "../local-failure.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { discard } from "../../site/reveal.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { syncFileSystem } from "../../store/disk.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../build/build.ts";
import { promisePlaces } from "../build/site-record.ts";
import type { Finding } from "../verify/finding.ts";
import { tolerantOf, treeReader, verify } from "../verify/verify.ts";
import type { Verification } from "../verify/verify.ts";
import type { Workspace } from "../workspace.ts";
import { withWriter } from "../with-writer.ts";
import { openWorkspace } from "../workspace.ts";
import { badDigests, mendRecords } from "./mend-records.ts";
import { mendSiteRecord } from "./mend-site-record.ts";
import { placeAll } from "./place.ts";
import type { Placement } from "./place.ts";
import { planRepair } from "./plan-repair.ts";
import type { PlannedRepair } from "./plan-repair.ts";
import { forgetDamaged, restoreObjects } from "./restore-objects.ts";
import { setAside } from "./set-aside.ts";

export interface RepairResult {
  readonly before: Verification;
  /** Those of `before` that are no more. */
  readonly repaired: readonly Finding[];
  /** What is still wrong. */
  readonly remaining: readonly PlannedRepair[];
  /** Links and files of the site that were replaced because their object was. */
  readonly replaced: number;
  readonly setAside: readonly { readonly from: string; readonly to: string }[];
  /** Why remotes and the build did not do what was asked of them. */
  readonly troubles: readonly string[];
  /** Why a build cannot be planned, and lists, rules and pages were not compared. */
  readonly failure: Failure | undefined;
}

/** Runs a repair as the state's writer. A site.json that cannot be read would keep every writer out: it goes first. */
export async function runRepair(options: Parameters<typeof withWriter>[0]): Promise<RepairResult> {
  // Makes no state where there is none.
  openWorkspace(options);
  let moved: RepairResult["setAside"] = [];
  const before = (workspace: Workspace): void => void (moved = mendSiteRecord(workspace));
  const result = await withWriter({ ...options, before }, repair);
  return { ...result, setAside: [...moved, ...result.setAside] };
}

/**
 * Finds damage and mends it, in the order in which things depend on each other: records, objects, generated files and whatever a build makes, then the site. Everything takes its place by a rename, so that visitors read
 * on; logs are never written. A run that dies is begun again. Needs the lock.
 */
async function repair(workspace: Workspace): Promise<RepairResult> {
  const before = await verify(workspace, { hash: "all" });
  const aside: { from: string; to: string }[] = [];
  const troubles: string[] = [];
  if (before.findings.length === 0) {
    // A repair that died at its end left what it had kept.
    forgetRestored(workspace, new Set());
    const { failure } = before;
    return { before, repaired: [], remaining: [], replaced: 0, setAside: aside, troubles, failure };
  }

  applySimple(
    workspace,
    planRepair(before).filter(({ finding, action }) => isOfState(finding) && action !== "discard"),
    aside,
  );
  const { known, left } = await mendRecords(workspace, before);
  const unmended = before.findings.filter(
    (one) => isOfState(one) && (one.kind !== "record" || (one.digest !== undefined && left.has(one.digest))),
  );
  const planned = planRepair({ ...known, findings: unmended });
  applySimple(
    workspace,
    planned.filter(({ action }) => action === "discard"),
    aside,
  );
  const tolerant = tolerantOf(workspace, treeReader(workspace, left));
  const restored = await restoreObjects(workspace, tolerant, new Map([...known.broken, ...before.broken]));
  troubles.push(...restored.troubles);
  applySimple(
    workspace,
    planRepair(known).filter(({ finding }) => !isOfState(finding)),
    aside,
  );
  const buildFailure = await build(workspace);
  if (buildFailure !== undefined) troubles.push(`asof build: ${buildFailure.message}`);

  const stillBad = new Set(badDigests(before.findings, "object").filter((one) => !restored.digests.has(one)));
  const unrestored = planned.flatMap(({ action, finding }) => {
    const { kind, digest } = finding;
    const isStill = digest !== undefined && (kind === "object" ? stillBad : left).has(digest);
    return (action === "restore" || action === "none") && isStill ? [finding] : [];
  });
  const site = planRepair(await verify(workspace, { hash: "site", badObjects: stillBad, badRecords: left }));
  const placements = site.flatMap(({ action, finding: { path: at, wanted } }): readonly Placement[] =>
    action === "place" && wanted !== undefined ? [{ at, wanted }] : [],
  );
  await placeAll(workspace, placements, ({ of, digest }) => !(of === "object" ? stillBad : left).has(digest));
  applySimple(
    workspace,
    site.filter(({ action }) => action !== "place"),
    aside,
  );
  await syncFileSystem(workspace.store.layout.root);

  const after = await verify(workspace, { hash: "site", badObjects: stillBad, badRecords: left });
  const told = new Set(unrestored.map(({ path: file }) => file));
  const others = after.findings.filter(({ path: file }) => !told.has(file));
  const remaining = planRepair({ ...after, findings: [...unrestored, ...others] });
  forgetRestored(workspace, stillBad);
  const stillWrong = new Set(remaining.map(({ finding }) => finding.path));
  const replaced = placements.filter(
    ({ at }) => !stillWrong.has(at) && !before.findings.some((one) => one.path === at),
  );
  return {
    before,
    repaired: before.findings.filter((finding) => !stillWrong.has(finding.path)),
    remaining,
    replaced: replaced.length,
    setAside: aside,
    troubles,
    // A disk that did not take what was written may not have it, whatever can be read now.
    failure: buildFailure?.code === "LOCAL_IO" ? buildFailure : after.failure,
  };
}

/** Modes, and what is moved out of the way. */
function applySimple(
  workspace: Workspace,
  planned: readonly PlannedRepair[],
  aside: { from: string; to: string }[],
): void {
  for (const { action, finding } of planned) {
    const { path: file, wanted, kind } = finding;
    if (action === "chmod") {
      const isGenerated = kind === "generated" || kind === "rules" || wanted?.kind === "page";
      chmodSync(file, wanted?.kind === "directory" ? 0o755 : isGenerated ? 0o644 : 0o444);
    } else if (action === "set-aside" && lstatIfThere(file) !== undefined) {
      aside.push({ from: file, to: setAside(workspace, file) });
    } else if (action === "discard" && lstatIfThere(file) !== undefined) {
      discard(file, workspace.store.layout.trash);
    }
  }
}

/** What is missing as a whole, lists and rules. A build that cannot be done must not keep the rest from being mended: what it failed with. */
async function build(workspace: Workspace): Promise<Failure | undefined> {
  try {
    // A build that has nothing else to do is not carried out.
    promisePlaces(workspace);
    const plan = planBuild(workspace, { trusting: false });
    if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
    return undefined;
  } catch (error) {
    const failure = asLocalFailure(error);
    if (failure instanceof Failure) return failure;
    throw error;
  }
}

function isOfState({ kind }: Finding): boolean {
  return kind === "object" || kind === "record" || kind === "state";
}

function forgetRestored(workspace: Workspace, stillBad: ReadonlySet<Digest>): void {
  const folder = path.join(workspace.store.layout.damaged, "objects");
  const kept = existsSync(folder) ? readdirSync(folder).filter(isDigest) : [];
  forgetDamaged(workspace, new Set(kept.filter((digest) => !stillBad.has(digest))));
}
