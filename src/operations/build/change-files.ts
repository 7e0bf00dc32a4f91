import path from "node:path";

import type { BasePath } from "../../model/base-path.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { differenceOf } from "../../model/difference.ts";
import type { Change, ChangeCounts } from "../../model/difference.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import {
  changesJsonHead,
  changesJsonName,
  changesPerPart,
  isChangesJsonName,
  renderChangesJson,
} from "../../pages/changes-json.ts";
import type { ComparedCheckpoints } from "../../pages/changes-json.ts";
import { changesPageName, isChangesPageName } from "../../pages/changes-page.ts";
import type { Stage } from "../../site/stage-tree.ts";
import { namesIfThere } from "../../store/disk.ts";
import { assetsPath } from "./assets-path.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** A kept checkpoint of a distribution with the kept one before it, which its changes are told against. */
export interface CheckpointPair {
  readonly distribution: DistributionSettings;
  readonly checkpoint: Checkpoint;
  readonly previous: Checkpoint | undefined;
}

/**
 * The files beside a checkpoint that tell what it changed: JSON for programs, pages for people, a thousand changes each. One after the other, because there may be hundreds; `changes.json` comes last: where it is, all
 * others are.
 */
export function* changeFiles(workspace: Workspace, pair: CheckpointPair): Generator<GeneratedFile> {
  const { config, store, pages, publicLayout } = workspace;
  const { distribution, checkpoint, previous } = pair;
  const compared = comparedBy(pair);
  const folder = publicLayout.beside(distribution.basePath, checkpoint.created);
  const gone = store.takenDown();
  const between = (): Iterable<Change> =>
    previous === undefined ? [] : differenceOf(previous.root, checkpoint.root, (digest) => store.tree(digest));
  const { counts, first } = countAndKeep(between());
  const parts = Math.max(1, Math.ceil((counts.added + counts.removed + counts.changed) / changesPerPart));

  function* filesOf(part: number, changes: readonly Change[]): Generator<GeneratedFile> {
    const content = pages.changes?.({
      siteTitle: config.site.title,
      assets: assetsPath(workspace),
      heading: `${config.site.mount}${distribution.basePath}/`,
      from: compared.from,
      to: compared.to,
      counts,
      part,
      parts,
      changes,
      isTakenDown: (digest) => gone.has(digest),
    });
    if (content !== undefined) yield { path: path.join(folder, pagesFolder, changesPageName(part)), content };
    yield {
      path: path.join(folder, changesJsonName(part)),
      content: renderChangesJson(compared, { counts, parts, part }, changes),
    };
  }

  for (const [part, changes] of partsAfterFirst(parts === 1 ? [] : between())) yield* filesOf(part, changes);
  yield* filesOf(1, first);
}

/** Stages them, and returns the files of an earlier list that this one has no use for. */
export function stageChangeFiles(
  workspace: Workspace,
  stage: Pick<Stage, "file">,
  pair: CheckpointPair,
): readonly string[] {
  const wanted = new Set<string>();
  for (const file of changeFiles(workspace, pair)) {
    stage.file(file.path, file.content);
    wanted.add(file.path);
  }
  const { basePath } = pair.distribution;
  return changeFilesThere(workspace, basePath, pair.checkpoint.created).filter((file) => !wanted.has(file));
}

/** How the `changes.json` of a pair begins: as long as it does, it is the one that belongs to these two. */
export function changesHeadOf(pair: CheckpointPair): string {
  return changesJsonHead(comparedBy(pair));
}

function comparedBy({ distribution, checkpoint, previous }: CheckpointPair): ComparedCheckpoints {
  const { name, repository } = distribution;
  return { distribution: name, repository, from: previous?.created, to: checkpoint.created };
}

function changeFilesThere({ publicLayout }: Workspace, base: BasePath, at: Timestamp): readonly string[] {
  const folder = publicLayout.beside(base, at);
  const pages = path.join(folder, pagesFolder);
  return [
    ...namesIfThere(folder)
      .filter(isChangesJsonName)
      .map((name) => path.join(folder, name)),
    ...namesIfThere(pages)
      .filter(isChangesPageName)
      .map((name) => path.join(pages, name)),
  ];
}

const pagesFolder = "changes";

/** Counts all, and keeps those of the first part: most lists have no other, and need not be made twice. */
function countAndKeep(changes: Iterable<Change>): { readonly counts: ChangeCounts; readonly first: readonly Change[] } {
  const counts = { added: 0, removed: 0, changed: 0 };
  const first: Change[] = [];
  for (const change of changes) {
    counts[change.kind] += 1;
    if (first.length < changesPerPart) first.push(change);
  }
  return { counts, first };
}

function* partsAfterFirst(changes: Iterable<Change>): Generator<readonly [part: number, changes: readonly Change[]]> {
  let part = 1;
  let some: Change[] = [];
  for (const change of changes) {
    if (some.length === changesPerPart) {
      if (part > 1) yield [part, some];
      part += 1;
      some = [];
    }
    some.push(change);
  }
  if (part > 1) yield [part, some];
}
