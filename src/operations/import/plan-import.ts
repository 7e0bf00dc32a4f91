import { existsSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { changedAnswerText, changedAnswers } from "../../model/changed-answers.ts";
import type { ChangedAnswer } from "../../model/changed-answers.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { timelineOf } from "../../model/history-timeline.ts";
import { emptyHistory } from "../../model/history.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { DirectoryRemote } from "../../model/remote.ts";
import { secondsOf } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { checkSettled, promisedSettled, prunedAnswer } from "../publish/settled.ts";
import type { Workspace } from "../workspace.ts";
import { readShelf } from "./read-shelf.ts";
import type { DatedDirectory, LeftOut, ShelfLayout } from "./read-shelf.ts";

export interface ImportRequest extends ShelfLayout {
  /** Absolute paths. */
  readonly shelves: readonly string[];
  /** Change past answers. */
  readonly backfill: boolean;
  /** Take the promise of settled answers back, where the configuration does. */
  readonly accept: boolean;
  /** What becomes of symbolic links in the directories; undefined for what the configuration says of the repository's own directory, else they are refused. */
  readonly symlinks: DirectoryRemote["symlinks"] | undefined;
  /** Believe that a second which is there already has the same content. */
  readonly skipKnown: boolean;
}

/** How a directory's second lies to what the repository answers already. */
export type Place =
  /** A checkpoint of that second is there, or was and is pruned. */
  | "there"
  /** Before the first checkpoint ever made. */
  | "before"
  /** Later than that, and not later than the horizon: what was answered for it is another checkpoint. */
  | "between"
  | "after";

export interface PlannedDirectory extends DatedDirectory {
  /** As it is told of: with its shelf, where there are several. */
  readonly label: string;
  readonly shelf: string;
  readonly place: Place;
}

export interface ImportPlan {
  /** Oldest first. */
  readonly directories: readonly PlannedDirectory[];
  readonly leftOut: readonly LeftOut[];
  /** Past answers that will be others, ascending. */
  readonly changes: readonly ChangedAnswer[];
  /** Why the import is refused, or undefined. */
  readonly refusal: Failure | undefined;
}

/** What an import would take from all shelves together. Throws where they cannot be read or contradict each other; what the repository has against it is the plan's `refusal`. Reads no content. */
export function planImport(workspace: Workspace, repository: RepositorySettings, request: ImportRequest): ImportPlan {
  const labelOf = (shelf: string, name: string): string =>
    request.shelves.length === 1 ? name : path.join(shelf, name);
  const shelves = request.shelves.map((shelf) => ({ shelf, ...readShelf(shelf, request) }));
  const leftOut = shelves.flatMap((one) =>
    one.leftOut.map(({ name, reason }) => ({ name: labelOf(one.shelf, name), reason })),
  );
  const history = workspace.store.repository(repository.name)?.history ?? emptyHistory;
  const there = new Set(history.checkpoints.map(({ created }) => created));
  const options = {
    pruned: prunedAnswer(workspace, repository.name),
    settled: promisedSettled(workspace, repository.name),
  } as const;
  const first = timelineOf(history, { ...options, pruned: "gone" }).points[0]?.at;
  const placeOf = (at: Timestamp): Place => {
    if (there.has(at)) return "there";
    if (history.horizon === undefined || at > history.horizon) return "after";
    return first === undefined || at < first ? "before" : "between";
  };
  const directories = shelves
    .flatMap(({ shelf, dated }) =>
      dated.map((one) => ({ ...one, shelf, label: labelOf(shelf, one.name), place: placeOf(one.at) })),
    )
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
  checkShelves(request, directories, workspace.clock.now());

  const filled = directories.filter(({ place }) => place === "before" || place === "between");
  const changes =
    filled.length === 0
      ? []
      : changedAnswers(timelineOf(history, options), timelineOf({ ...history, ...withAll(history, filled) }, options));
  return { directories, leftOut, changes, refusal: refusalOf(workspace, repository, request, directories, changes) };
}

function withAll(
  { checkpoints }: { readonly checkpoints: readonly Checkpoint[] },
  filled: readonly DatedDirectory[],
): { readonly checkpoints: readonly Pick<Checkpoint, "created" | "tombstone">[] } {
  const more = filled.map(({ at }) => ({ created: at, tombstone: undefined }));
  return { checkpoints: [...checkpoints, ...more].toSorted((a, b) => (a.created < b.created ? -1 : 1)) };
}

function checkShelves(
  { shelves, timeFrom }: ImportRequest,
  directories: readonly PlannedDirectory[],
  now: number,
): void {
  if (directories.length === 0) {
    const hints = {
      name: "expected names such as 20240101T000000Z, 2024-01-01 or 2024/01/01; --time-from mtime takes others",
      mtime: "expected directories",
      file: "expected directories with the file that --time-file names",
    };
    throw new Failure("SOURCE_BAD_DATA", `${shelves.join(" and ")} holds no dated directories`, {
      hint: hints[timeFrom.kind],
    });
  }
  const twice = directories.find(({ at }, index) => directories[index + 1]?.at === at);
  if (twice !== undefined) {
    const labels = directories.filter(({ at }) => at === twice.at).map(({ label }) => label);
    throw new Failure(
      "SOURCE_BAD_DATA",
      `there are two directories for ${twice.at}: ${labels.join(" and ")}; nothing was imported`,
      { hint: "keep one of them: a second has one checkpoint" },
    );
  }
  const future = directories.find(({ at }) => secondsOf(at) > now);
  if (future === undefined) return;
  throw new Failure("SOURCE_BAD_DATA", `${future.label} lies in the future (${future.at})`, {
    hint: "a checkpoint is a state that was",
  });
}

/** Answers that clients may keep for ever are never changed; others only when that is asked for. */
function refusalOf(
  workspace: Workspace,
  repository: RepositorySettings,
  { backfill, accept }: Pick<ImportRequest, "backfill" | "accept">,
  directories: readonly PlannedDirectory[],
  changes: readonly ChangedAnswer[],
): Failure | undefined {
  const between = directories.filter(({ place }) => place === "between");
  const [first] = between;
  if (first === undefined || (backfill && !repository.settled))
    return checkSettled(workspace, repository, accept) ?? checkFree(workspace, repository, directories);
  const { horizon } = workspace.store.repository(repository.name)?.history ?? emptyHistory;
  const count = between.length === 1 ? first.label : `${first.label} and ${between.length - 1} more`;
  const missing = [
    ...(repository.settled ? [`settled: false for ${repository.name} in the configuration`] : []),
    ...(backfill ? [] : ["--backfill"]),
  ];
  return new Failure(
    "BACKFILL",
    `${repository.name} has answers up to ${horizon}, and ${count} would change them; nothing was imported`,
    {
      details: changes.slice(0, toldAtMost).map(changedAnswerText),
      hint: `${repository.settled ? "clients may keep these answers for ever. " : ""}It takes ${missing.join(" and ")}; asof import --dry-run prints all answers that change`,
    },
  );
}

const toldAtMost = 20;

/** What a log that was lost told of may still stand, and would be taken for what is imported. */
function checkFree(
  workspace: Workspace,
  { name }: RepositorySettings,
  directories: readonly PlannedDirectory[],
): Failure | undefined {
  const { publicLayout } = workspace;
  const bases = distributionsOnDisk(workspace).filter((one) => one.checkpoint && one.repository === name);
  for (const { at, label } of directories.filter(({ place }) => place !== "there")) {
    const taken = bases
      .flatMap(({ basePath }) => [publicLayout.checkpoint(basePath, at), publicLayout.beside(basePath, at)])
      .find((file) => existsSync(file));
    if (taken === undefined) continue;
    return new Failure("HISTORY_BEHIND_SITE", `${taken} stands where ${label} would, and no log tells of it`, {
      hint: "asof update takes away what was lost; anything else asof did not make: move it away",
    });
  }
  return undefined;
}
