import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { newestPublication } from "../../model/history.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import { relativeTarget } from "../../site/public-layout.ts";
import { sharedLedTo } from "../../site/shared-led-to.ts";
import { levelOf } from "../../model/tree.ts";
import { hasOwnListing } from "../../site/listing-view.ts";
import { deepestSharedLevel } from "../../site/stage-tree.ts";
import { rootView } from "../../site/listing-view.ts";
import { publicationNumbered } from "../build/build-plain.ts";
import { readPlainState } from "../build/built-record.ts";
import { changeFiles } from "../build/change-files.ts";
import type { CheckpointPair } from "../build/change-files.ts";
import { pinsOf } from "../build/client-kit.ts";
import { departedDistributions } from "../build/site-record.ts";
import { checkpointHeading } from "../build/stage-checkpoint.ts";
import { proofFiles } from "../../model/statement.ts";
import { isLost } from "../retire/lost-checkpoints.ts";
import type { Workspace } from "../workspace.ts";
import type { Copy, TreeChecker } from "./check-tree.ts";
import type { Expected } from "./expected.ts";
import { expectedCheckpoint, expectedPlain, expectedShared, linkOrCopy } from "./expected-tree.ts";
import type { SiteModel } from "./expected-tree.ts";
import type { Finding } from "./finding.ts";
import { recordsKey } from "./pending-work.ts";
import type { PendingWork } from "./pending-work.ts";

export interface SiteCheckOptions {
  readonly checker: TreeChecker;
  /** For what the configuration asks for: its layout, its pages. */
  readonly model: SiteModel;
  /** Left out as long as it is not there. */
  readonly work: PendingWork;
  readonly report: (finding: Finding) => void;
  /** Paths with which something is wrong, as far as was looked. */
  readonly found: () => ReadonlySet<string>;
  readonly onCheckpoint: () => void;
}

/**
 * Every checkpoint of every distribution, each shared directory once, and what plain distributions serve. What was pruned or left the configuration and is still there is checked as it was
 * built: any layout, any page.
 */
export function* checkSite(workspace: Workspace, options: SiteCheckOptions): Generator<Copy> {
  const { config, store } = workspace;
  const lenient: SiteModel = { ...options.model, layout: "any", strictPages: false };
  const live = new Set<Digest>();
  const departed = departedDistributions(workspace);
  for (const distribution of [...config.distributions, ...departed]) {
    const isDeparted = departed.includes(distribution);
    const history = store.repository(distribution.repository)?.history;
    if (history === undefined) continue;
    if (!distribution.checkpoint) {
      if (options.work.plains.has(distribution.basePath)) continue;
      yield* checkPlain(workspace, { ...options, model: isDeparted ? lenient : options.model }, distribution, live);
      continue;
    }
    let previous: Checkpoint | undefined;
    for (const checkpoint of history.checkpoints) {
      const directory = workspace.publicLayout.checkpoint(distribution.basePath, checkpoint.created);
      const isKept = checkpoint.tombstone === undefined && !isDeparted && !options.work.checkpoints.has(directory);
      if (!isKept && !existsSync(directory)) continue;
      const model = isKept ? options.model : lenient;
      yield* checkCheckpoint(workspace, { ...options, model }, { distribution, checkpoint, previous });
      if (!isKept) continue;
      previous = checkpoint;
      options.onCheckpoint();
      markLive(checkpoint.root, options.model, live);
    }
    reportUnknown(workspace, options, distribution, history);
    if (!isDeparted) yield* checkRecords(workspace, options, distribution);
  }
  yield* checkShared(workspace, options, live, lenient);
}

function* checkCheckpoint(
  workspace: Workspace,
  { checker, model }: SiteCheckOptions,
  pair: CheckpointPair,
): Generator<Copy> {
  const { publicLayout, pages } = workspace;
  const { distribution, checkpoint } = pair;
  const { basePath } = distribution;
  const { root, created } = checkpoint;
  const to = publicLayout.checkpoint(basePath, created);
  const heading = checkpointHeading(workspace, distribution, checkpoint);
  yield* checker.check(to, expectedCheckpoint(model, { root, publication: checkpoint, to, heading }));
  const beside = publicLayout.beside(basePath, created);
  if (!model.strictPages && !existsSync(beside)) return;
  for (const { name, digest, bytes } of proofFiles(checkpoint)) {
    const file: Expected = { kind: "file", of: "object", digest, sizeBytes: bytes, as: linkOrCopy(model) };
    if (!model.listing.isTakenDown(digest)) yield* checker.check(path.join(beside, name), file);
  }
  const tree = model.tree(root);
  if (!model.strictPages || tree === undefined) return;
  for (const { name, text } of pinsOf(workspace, distribution, checkpoint))
    yield* checker.check(path.join(beside, name), { kind: "page", content: () => text });
  for (const { path: file, content } of changeFiles(workspace, pair))
    yield* checker.check(file, { kind: "page", content: () => content });
  if (!hasOwnListing(tree)) return;
  const content = (): string => pages.listing(rootView(tree, checkpoint, heading, model.listing));
  yield* checker.check(path.join(beside, "index.html"), { kind: "page", content });
}

function* checkPlain(
  workspace: Workspace,
  { checker, model }: SiteCheckOptions,
  { basePath, repository }: DistributionSettings,
  live: Set<Digest>,
): Generator<Copy> {
  const { config, store, publicLayout } = workspace;
  const history = store.repository(repository)?.history;
  const state = readPlainState(workspace, basePath);
  if (history === undefined || newestPublication(history) === undefined || state === undefined) return;
  const publication = publicationNumbered(history, state.publication);
  if (publication === undefined) return;
  const base = publicLayout.base(basePath);
  const isShared =
    model.layout === "shared" || (model.layout === "any" && existsSync(publicLayout.plain(basePath, state.serial)));
  const to = isShared ? publicLayout.plain(basePath, state.serial) : base;
  if (isShared) yield* checker.check(base, { kind: "symlink", target: relativeTarget(base, to) });
  const heading = `${config.site.mount}${basePath}/`;
  yield* checker.check(to, expectedPlain(model, { publication, state, to, heading }));
  if (model.layout !== "shared") return;
  const special = [...state.touched.map(([name]) => name), ...state.dropped.map((gone) => gone.path)];
  markLinked(state.root, model, live, (folder) => special.some((name) => name.startsWith(`${folder}/`)));
}

/** Shared directories that something kept leads to must be there; every one that is there must be what its name says. One whose record is lost is none of ours only when nothing leads to it. */
function* checkShared(
  { publicLayout, store }: Workspace,
  { checker, model, report, found }: SiteCheckOptions,
  live: ReadonlySet<Digest>,
  lenient: SiteModel,
): Generator<Copy> {
  const isShared = model.layout === "shared";
  for (const digest of isShared ? live : []) {
    const tree = model.tree(digest);
    if (tree !== undefined && tree.path !== "")
      yield* checker.check(publicLayout.shared(digest), expectedShared(model, digest));
  }
  const folder = publicLayout.sharedFolder;
  const unknown: string[] = [];
  for (const bucket of namesIn(folder)) {
    const records = new Map(namesIn(path.join(store.layout.trees, bucket)).map((name) => [name.slice(2, 32), name]));
    for (const name of namesIn(path.join(folder, bucket))) {
      const digest = records.get(name) ?? "";
      const at = path.join(folder, bucket, name);
      if (!isDigest(digest)) unknown.push(at);
      else if (!isShared || !live.has(digest)) {
        // One of another layout is a leftover of what was shared; its name says which record it has.
        yield* checker.check(at, expectedShared({ ...lenient, layout: isShared ? "shared" : "any" }, digest));
      }
    }
  }
  if (unknown.length === 0) return;
  const wrong = found();
  const inUse = sharedLedTo(publicLayout, [publicLayout.root], (file) => wrong.has(file));
  for (const at of unknown) if (!inUse.has(at)) report(extra(at));
}

/** Records that are published beside checkpoints: all of a checkpoint that has a statement, which names its root. */
function* checkRecords(
  { publicLayout, store }: Workspace,
  { checker, model, work }: SiteCheckOptions,
  { basePath, repository }: DistributionSettings,
): Generator<Copy> {
  const wanted = new Set<Digest>();
  for (const { statement, tombstone, root } of store.repository(repository)?.history.checkpoints ?? []) {
    if (statement === undefined || tombstone !== undefined || work.records.has(recordsKey(basePath, root))) continue;
    markLive(root, model, wanted, true);
  }
  const folder = publicLayout.records(basePath);
  for (const bucket of namesIn(folder)) {
    for (const name of namesIn(path.join(folder, bucket))) if (isDigest(name)) wanted.add(name);
  }
  for (const digest of wanted) {
    const file: Expected = { kind: "file", of: "record", digest, sizeBytes: undefined, as: linkOrCopy(model) };
    yield* checker.check(publicLayout.record(basePath, digest), file);
  }
}

/** Every record below a root that is a directory of its own in the site; those deeper than sharing goes are left out unless `all`. */
function markLive(digest: Digest, model: SiteModel, live: Set<Digest>, all = false): void {
  if (live.has(digest)) return;
  live.add(digest);
  const tree = model.tree(digest);
  if (tree === undefined || (!all && levelOf(tree) >= deepestSharedLevel)) return;
  for (const node of tree.nodes) if (node.kind === "directory") markLive(node.tree, model, live, all);
}

/** The same for a plain distribution, whose directories are real where something special is below them. */
function markLinked(digest: Digest, model: SiteModel, live: Set<Digest>, isReal: (folder: string) => boolean): void {
  const tree = model.tree(digest);
  for (const node of tree?.nodes ?? []) {
    if (node.kind === "file") continue;
    const inside = tree?.path === "" ? node.name : `${tree?.path}/${node.name}`;
    if (isReal(inside)) markLinked(node.tree, model, live, isReal);
    else markLive(node.tree, model, live);
  }
}

/** What bears the name of a checkpoint is served as one. What was lost may be served until the web server knows that it is gone: a sweep takes it away then. */
function reportUnknown(
  { publicLayout }: Workspace,
  { report }: SiteCheckOptions,
  { basePath }: DistributionSettings,
  { checkpoints, lost }: Pick<History, "checkpoints" | "lost">,
): void {
  const base = publicLayout.base(basePath);
  const known = new Set<string>(checkpoints.map(({ created }) => created));
  for (const name of namesIn(base))
    if (isTimestamp(name) && !known.has(name) && !isLost(lost, name)) report(extra(path.join(base, name)));
}

function extra(at: string): Finding {
  return { kind: "content", problem: "extra", path: at, digest: undefined, detail: "", affects: [] };
}

/** Sorted; none where there is no such folder or it cannot be read: what should be in it is then missing or unreadable by itself. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
