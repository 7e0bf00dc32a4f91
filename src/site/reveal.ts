import { randomUUID } from "node:crypto";
import { linkSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import path from "node:path";

import { lstatIfThere } from "./stat-if-there.ts";
import type { Move } from "./stage-tree.ts";

/**
 * Gives staged files and directories their visible names, in order. What is revealed must be durable already. A directory that stands in the way (the remains of a
 * sweep that died, another layout) goes to the trash first; nothing is deleted in place.
 */
export function reveal(moves: readonly Move[], trash: string): void {
  const folders = new Set<string>();
  for (const one of moves) {
    const folder = path.dirname(one.to);
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o755 });
    folders.add(folder);
    if (one.links === true) linkSync(one.from, one.to);
    else replaceBy(one.from, one.to, trash);
  }
}

function replaceBy(from: string, to: string, trash: string): void {
  const there = lstatSync(to, { throwIfNoEntry: false });
  if (there !== undefined && (there.isDirectory() || lstatSync(from).isDirectory())) exchange(from, to, trash);
  else renameSync(from, to);
}

/** One for the other, in two renames. When the second one fails the first is taken back: something must stand there. */
function exchange(from: string, to: string, trash: string): void {
  const aside = discard(to, trash);
  try {
    renameSync(from, to);
  } catch (error) {
    renameSync(aside, to);
    throw error;
  }
}

/** Takes something out of sight by one rename; the trash is emptied later. Returns where it is until then. */
export function discard(target: string, trash: string): string {
  const aside = path.join(trash, randomUUID());
  renameSync(target, aside);
  return aside;
}

/** Takes a folder out of sight when nothing is in it. */
export function discardIfEmpty(folder: string, trash: string): void {
  if (lstatIfThere(folder)?.isDirectory() === true && readdirSync(folder).length === 0) discard(folder, trash);
}
