import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import type { Tree } from "../../model/tree.ts";
import { lookAtFiles } from "../../store/look-at-files.ts";
import { readBuiltRecord } from "../build/built-record.ts";
import type { LostRepository } from "../build/site-record.ts";
import { listingContext } from "../build/stage-checkpoint.ts";
import type { Workspace } from "../workspace.ts";
import { withAffected } from "./affected.ts";
import { checkGenerated, comparedWithBuild } from "./check-generated.ts";
import type { GeneratedCheck } from "./check-generated.ts";
import { checkPool } from "./check-pool.ts";
import { checkReferences } from "./check-references.ts";
import { checkSite } from "./check-site.ts";
import { checkLogs, checkState } from "./check-state.ts";
import { openTreeChecker } from "./check-tree.ts";
import type { Copy } from "./check-tree.ts";
import type { SiteModel } from "./expected-tree.ts";
import type { Finding } from "./finding.ts";
import { noWork } from "./pending-work.ts";

export interface Verification {
  /** Of which the site knows more than the state: that, and no damage, is why site and state differ. Asked where every log is whole. */
  readonly behindSite: readonly LostRepository[];
  readonly findings: readonly Finding[];
  /** What is no damage and worth a line: files that asof did not make, lists that a build has yet to write. */
  readonly notices: readonly string[];
  /** What could not be compared: no findings about it do not mean that it is whole. */
  readonly unchecked: readonly string[];
  /** Why a build cannot be planned, which is why something could not be compared. */
  readonly failure: Failure | undefined;
  readonly objects: number;
  readonly bytes: number;
  readonly records: number;
  readonly logs: number;
  readonly checkpoints: number;
  /** Damaged or missing objects that something kept names, with their size. */
  readonly broken: ReadonlyMap<Digest, number>;
  /** Damaged or missing records that something kept leads to. */
  readonly brokenRecords: ReadonlySet<Digest>;
}

/** Among what was not compared: nothing of it was, nor was anything followed that is kept. */
export const theSite = "the site";

export interface VerifyOptions {
  /** What is hashed: objects, records and copies in the site; those in the site alone; or nothing. Of what is not hashed, names, types, sizes and links are looked at. */
  readonly hash: "all" | "site" | "none";
  /** Known to be damaged already: neither reported nor believed. */
  readonly badObjects?: ReadonlySet<Digest>;
  readonly badRecords?: ReadonlySet<Digest>;
}

/**
 * Checks everything that is recorded and everything that is served: each object and record by its digest, each log, what kept checkpoints name, and the whole site against what a build would make. Reads
 * only; the caller keeps writers away.
 */
export async function verify(workspace: Workspace, options: VerifyOptions): Promise<Verification> {
  const { store, signal, onProgress } = workspace;
  const { badObjects = new Set(), badRecords = new Set() } = options;
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  const hash = options.hash === "all";
  let [done, doneBytes, checkpoints] = [0, 0, 0];
  const progress = (what: string): void =>
    onProgress({ kind: "verified", what, done, bytes: doneBytes, total: undefined });
  const onFile = (sizeBytes: number): void => {
    done += 1;
    doneBytes += sizeBytes;
    progress("objects");
  };

  const objects = await checkPool({ kind: "object", folder: store.layout.objects, hash, signal, report, onFile });
  const records = await checkPool({ kind: "record", folder: store.layout.trees, hash, signal, report, onFile });
  const logs = checkLogs(workspace, report);
  const before = findings.length;
  const behindSite = findings.some(({ kind }) => kind === "log") ? [] : checkState(workspace, report);
  const result = { behindSite, objects: objects.files, bytes: objects.bytes, records: records.files, logs };
  // What everything else is made from cannot be read: nothing more can be said.
  if (
    findings.some(
      ({ kind, problem, path }) =>
        kind === "log" || (kind === "generated" && problem === "bytes") || path === store.layout.distributions,
    )
  ) {
    const notices = [`the site was not checked: ${findings.slice(before).at(0)?.path ?? "a log"} comes first`];
    const nothing = { broken: new Map(), brokenRecords: new Set<Digest>(), failure: undefined };
    return { ...result, ...nothing, findings, notices, checkpoints, unchecked: [theSite, ...comparedWithBuild] };
  }

  const tree = treeReader(workspace, new Set([...records.bad, ...badRecords]));
  const tolerant = tolerantOf(workspace, tree);
  const references = checkReferences(tolerant, { badObjects: new Set([...objects.bad, ...badObjects]), tree, report });
  const brokenRecords = new Set([...references.records].filter((digest) => tree(digest) === undefined));
  const generated = brokenRecords.size > 0 ? withoutRecords : checkGenerated(tolerant, report);

  const model = siteModelOf(workspace, { strictPages: !generated.isPending, tree });
  const checker = openTreeChecker({ layout: store.layout, report });
  const waiting = new Map<string, Copy>();
  const copies = checkSite(tolerant, {
    checker,
    model,
    work: generated.work,
    report,
    found: () => new Set(findings.map((finding) => finding.path)),
    onCheckpoint: () => {
      checkpoints += 1;
      signal.throwIfAborted();
      progress("checkpoints");
    },
  });
  await lookAtFiles(pathsOf(copies, waiting), {
    hash: options.hash !== "none",
    signal,
    onFile: (path, found) => {
      const copy = waiting.get(path);
      waiting.delete(path);
      if (copy !== undefined) checker.judge(copy, found);
    },
  });
  return {
    ...result,
    findings: withAffected(tolerant, findings),
    notices: generated.notices,
    unchecked: generated.unchecked,
    failure: generated.failure,
    checkpoints,
    broken: references.broken,
    brokenRecords,
  };
}

const withoutRecords: GeneratedCheck = {
  isPending: true,
  notices: ["lists, rules and pages were not checked: records are damaged"],
  unchecked: comparedWithBuild,
  work: noWork,
  failure: undefined,
};

function* pathsOf(copies: Iterable<Copy>, waiting: Map<string, Copy>): Generator<string> {
  for (const copy of copies) {
    waiting.set(copy.path, copy);
    yield copy.path;
  }
}

/** What a build made of the state, in the layout that it was built in. */
export function siteModelOf(
  workspace: Workspace,
  { strictPages, tree }: Pick<SiteModel, "strictPages" | "tree">,
): SiteModel {
  const { config, pages, publicLayout } = workspace;
  const built = readBuiltRecord(workspace);
  const isLaidOut = built.layout === "" || built.layout === config.layout;
  const layout = isLaidOut ? config.layout : "any";
  return { layout, strictPages, listing: listingContext(workspace), pages, publicLayout, tree };
}

/** Reads records that are whole; a record that is damaged must not be believed although it can be parsed. */
export function treeReader({ store }: Workspace, bad: ReadonlySet<Digest>): (digest: Digest) => Tree | undefined {
  return (digest) => {
    if (bad.has(digest)) return undefined;
    try {
      return store.tree(digest);
    } catch (error) {
      if (error instanceof Failure && error.code === "DAMAGE") return undefined;
      throw error;
    }
  };
}

/** The same workspace, in which a directory with a damaged record is an empty one. */
export function tolerantOf(workspace: Workspace, tree: (digest: Digest) => Tree | undefined): Workspace {
  const nothing: Tree = { repository: "", path: "", nodes: [] };
  return { ...workspace, store: { ...workspace.store, tree: (digest) => tree(digest) ?? nothing } };
}
