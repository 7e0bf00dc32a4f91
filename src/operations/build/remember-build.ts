import type { BuildPlan } from "./build.ts";
import { lostKey, readBuiltRecord, writeBuiltRecord } from "./built-record.ts";
import type { BuiltRecord } from "./built-record.ts";
import { writeKnownKinds } from "./kind-cache.ts";
import { pagesFingerprint } from "./pages-fingerprint.ts";
import type { Workspace } from "../workspace.ts";

/** Writes down what a build did, where that is new. `loaded` tells whether the rules are in place and the server has read them. */
export function remember(
  workspace: Workspace,
  record: BuiltRecord,
  plan: Pick<BuildPlan, "hostFiles" | "kinds" | "pagesFingerprint" | "rulesFingerprint" | "takeDowns">,
  loaded: boolean,
): void {
  const now = workspace.clock.now();
  const announced = loaded
    ? new Map(goneKeys(workspace).map((key) => [key, record.announced.get(key) ?? now]))
    : record.announced;
  const next: BuiltRecord = {
    ...record,
    pages: plan.pagesFingerprint,
    layout: workspace.config.layout,
    reloaded: loaded ? plan.rulesFingerprint : record.reloaded,
    announced,
    hostFiles: hostFilesOnDisk(record.hostFiles, plan.hostFiles ?? record.hostFiles, loaded),
    hosts: workspace.config.hosts,
    takenDown: new Set([...record.takenDown, ...plan.takeDowns]),
  };
  if (!sameRecord(next, record)) writeBuiltRecord(workspace, next);
  if (plan.kinds !== undefined) writeKnownKinds(workspace, plan.kinds);
}

/** Before anything was ever shown: what is made from now on has the pages of now, so that the first build need not render all of them again to find that out. */
export function rememberFirstPages(workspace: Workspace): void {
  const { store } = workspace;
  const record = readBuiltRecord(workspace);
  if (record.pages !== "") return;
  const shown = store.repositoryNames().some((name) => store.repository(name)?.history.publications.length !== 0);
  if (!shown) writeBuiltRecord(workspace, { ...record, pages: pagesFingerprint(workspace) });
}

/** Whether there are tombstones or losses that the web server was not told of yet. */
export function hasUnannounced(workspace: Workspace, record: BuiltRecord): boolean {
  return goneKeys(workspace).some((key) => !record.announced.has(key));
}

/** Whether two maps hold the same. */
export function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** Without success nothing was deleted, and rules that were refused were not written: what is still there has to be remembered, so that a later build removes it. */
function hostFilesOnDisk(
  before: BuiltRecord["hostFiles"],
  after: BuiltRecord["hostFiles"],
  loaded: boolean,
): BuiltRecord["hostFiles"] {
  if (loaded) return after;
  const kept = [...before].filter(([name]) => name.startsWith("rules/") || !after.has(name));
  return new Map([...after, ...kept]);
}

function sameRecord(a: BuiltRecord, b: BuiltRecord): boolean {
  return (
    a.pages === b.pages &&
    a.layout === b.layout &&
    a.reloaded === b.reloaded &&
    a.announced.size === b.announced.size &&
    [...a.announced.keys()].every((key) => b.announced.has(key)) &&
    sameEntries(a.hostFiles, b.hostFiles) &&
    a.hosts.join() === b.hosts.join() &&
    a.takenDown.size === b.takenDown.size
  );
}

/** `repository timestamp` of every tombstone, and `lostKey` of every loss. */
function goneKeys({ config, store }: Workspace): readonly string[] {
  return config.repositories.flatMap(({ name }) => {
    const { checkpoints, lost } = store.repository(name)?.history ?? { checkpoints: [], lost: [] };
    const buried = checkpoints.filter((one) => one.tombstone !== undefined).map((one) => `${name} ${one.created}`);
    return [...buried, ...lost.map((interval) => lostKey(name, interval))];
  });
}
