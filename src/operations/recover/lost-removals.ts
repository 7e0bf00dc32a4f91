import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import type { Checkpoint, History, HistoryEvent } from "../../model/history.ts";
import { isLogPieceName } from "../../model/log-piece.ts";
import { readDamagedLog } from "../../store/damaged-log.ts";
import type { LostRepository } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { checkpointPlaces } from "./published-places.ts";

/** A withdrawal or a take-down: what must stay in force whatever else is given up. */
export type Removal = Withdrawn | Extract<HistoryEvent, { type: "takedown" }>;
type Withdrawn = Extract<HistoryEvent, { type: "tombstone" }>;

type Known = Pick<History, "checkpoints" | "takenDown">;

/** What the published log of a repository tells of removals that the state does not know. */
export interface LostRemovals {
  readonly repository: string;
  /** In the order of the log; of checkpoints that the state has, and of any content. */
  readonly removals: readonly Removal[];
  /** Withdrawals of checkpoints that are lost themselves: their times answer 410, and nothing is left that would tell their content if the source has it still. */
  readonly withdrawnAndLost: readonly Withdrawn[];
  /** Whether the log could be read up to the line that the site was built from: otherwise there may be more. */
  readonly isLogWhole: boolean;
}

/** Reads whatever can be read of the logs that the site publishes: each place of the repository has one. */
export function findLostRemovals(
  { store, ...workspace }: Workspace,
  { name, recorded, head }: LostRepository,
): LostRemovals {
  const history: Known = store.repository(name)?.history ?? { checkpoints: [], takenDown: new Map() };
  const logs = checkpointPlaces({ store, ...workspace }, name).map(({ basePath }) =>
    readDamagedLog(linesIn(workspace.publicLayout.log(basePath)), { n: recorded - 1, digest: head }),
  );
  const told = new Map(
    logs.flatMap(({ events }) => events.filter(isRemoval).map((event) => [removedBy(event), withoutNext(event)])),
  );
  const forgotten = [...told.values()].filter((event) => !isInForce(history, event));
  const isLost = (event: Removal): event is Withdrawn =>
    event.type === "tombstone" && checkpointOf(history, event) === undefined;
  return {
    repository: name,
    removals: forgotten.filter((event) => !isLost(event)),
    withdrawnAndLost: forgotten.filter(isLost),
    isLogWhole: logs.some(({ isWhole }) => isWhole),
  };
}

/** What was pruned by the retention rules may come back: the rules prune it again. */
function isRemoval(event: HistoryEvent): event is Removal {
  return event.type === "takedown" || (event.type === "tombstone" && event.cause === "withdrawn");
}

/** What the checkpoint after it changed may be said of one that is lost. */
function withoutNext(event: Removal): Removal {
  return event.type === "tombstone" ? { ...event, next: undefined } : event;
}

/** A checkpoint or a content. */
function removedBy(event: Removal): string {
  return event.type === "takedown" ? event.digest : event.checkpoint;
}

function isInForce(history: Known, event: Removal): boolean {
  if (event.type === "takedown") return history.takenDown.has(event.digest);
  return checkpointOf(history, event)?.tombstone?.cause === "withdrawn";
}

function checkpointOf({ checkpoints }: Known, { checkpoint }: Withdrawn): Checkpoint | undefined {
  return checkpoints.find(({ created }) => created === checkpoint);
}

/** Lines of the pieces that can be read; none where there is no such folder. */
function linesIn(folder: string): readonly string[] {
  const pieces = readable(() => readdirSync(folder), [])
    .filter(isLogPieceName)
    .toSorted();
  return pieces.flatMap((piece) =>
    readable(() => readFileSync(path.join(folder, piece), "utf8"), "")
      .split("\n")
      .slice(0, -1),
  );
}

/** A site that is damaged is why this is asked. */
function readable<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EIO", "ELOOP", "EUCLEAN")) return otherwise;
    throw error;
  }
}
