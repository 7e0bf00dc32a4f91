import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import type { Checkpoint, LostInterval } from "../../model/history.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import { lostKey } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

export interface LostDirectory {
  readonly directory: string;
  readonly isCheckpoint: boolean;
}

/**
 * Directories of checkpoints that the state has lost, and what is told about them beside: of losses that the web server has been told of, which may go. Asked on every sweep, because the run that recorded the loss
 * may have ended before the rules were loaded; nothing is looked at where nothing was lost.
 */
export function lostDirectories(
  workspace: Workspace,
  announced: ReadonlyMap<string, number>,
): readonly LostDirectory[] {
  return lostIn(workspace, (key) => announced.has(key));
}

/** The same of the other losses: rules that are loaded may lead there still. */
export function lostAndServed(workspace: Workspace, announced: ReadonlyMap<string, number>): readonly LostDirectory[] {
  return lostIn(workspace, (key) => !announced.has(key));
}

function lostIn(workspace: Workspace, isMeant: (key: string) => boolean): readonly LostDirectory[] {
  const { store, publicLayout } = workspace;
  return distributionsOnDisk(workspace).flatMap(({ basePath, repository, checkpoint }) => {
    const history = store.repository(repository)?.history;
    if (!checkpoint || history === undefined) return [];
    const lost = history.lost.filter((interval) => isMeant(lostKey(repository, interval)));
    if (lost.length === 0) return [];
    const base = publicLayout.base(basePath);
    return [
      ...lostNames(base, history.checkpoints, lost).map((directory) => ({ directory, isCheckpoint: true })),
      ...lostNames(path.join(base, "_asof"), history.checkpoints, lost).map((directory) => ({
        directory,
        isCheckpoint: false,
      })),
    ];
  });
}

function lostNames(
  folder: string,
  checkpoints: readonly Checkpoint[],
  lost: readonly LostInterval[],
): readonly string[] {
  const known = new Set<string>(checkpoints.map(({ created }) => created));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => isTimestamp(name) && !known.has(name))
    .filter((name) => isLost(lost, name))
    .map((name) => path.join(folder, name));
}

/** Whether a checkpoint of that second would be a lost one. */
export function isLost(lost: readonly LostInterval[], time: string): boolean {
  return lost.some(({ from, until }) => from <= time && time <= until);
}
