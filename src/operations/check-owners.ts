import { lstatSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";
import type { Config } from "../model/config.ts";

/** What a process has to know of itself and of a directory to judge whether root may work there. */
export interface OwnerFacts {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits with the sticky bit. */
  readonly mode: number;
}

/**
 * Refuses, as sshd does, to let root work where somebody else could put a directory of theirs in the place of ours: LOCAL_IO when the state, the output, the rules, the configuration's folder or a
 * directory on the way to one of them belongs to another user, or may be written by others. Users who are not root risk only what is theirs; nor is root of a user namespace (a rootless
 * container) more than the user who made it.
 */
export function checkOwners(config: Config): void {
  if (process.geteuid?.() !== 0 || !isRealRoot()) return;
  const seen = new Set<string>();
  for (const folder of [config.stateDir, config.publicDir, config.rulesDir, path.dirname(config.file)]) {
    for (const directory of wayTo(folder)) {
      if (seen.has(directory)) continue;
      seen.add(directory);
      const problem = ownerProblem(lstatSync(directory));
      if (problem === undefined) continue;
      throw new Failure("LOCAL_IO", `root is not to work in ${folder}: ${directory} ${problem}`, {
        hint: `run asof as the user to whom it belongs, or have root own it (chown root, chmod go-w); --allow-unsafe-owner if nobody else can get at it`,
      });
    }
  }
}

/** Why a directory is not root's alone, or undefined. In a sticky one, as /tmp, others can neither rename nor remove what is root's. */
export function ownerProblem({ uid, gid, mode }: OwnerFacts): string | undefined {
  if (uid !== 0) return `belongs to user ${uid}`;
  const isSticky = (mode & 0o1000) !== 0;
  if (isSticky) return undefined;
  if ((mode & 0o002) !== 0) return "may be written by every user";
  return (mode & 0o020) !== 0 && gid !== 0 ? `may be written by group ${gid}` : undefined;
}

/** The directories from `/` to where `folder` really lies, as far as it exists. */
function wayTo(folder: string): readonly string[] {
  let real = nearestReal(folder);
  const way = [real];
  while (real !== path.dirname(real)) {
    real = path.dirname(real);
    way.unshift(real);
  }
  return way;
}

function nearestReal(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT", "ENOTDIR")) throw error;
    return nearestReal(path.dirname(folder));
  }
}

/** Whether user 0 here is user 0 of the machine. Where the kernel does not tell, it is taken to be. */
function isRealRoot(): boolean {
  try {
    return /^\s*0\s+0\s+\d+/.test(readFileSync("/proc/self/uid_map", "latin1"));
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return true;
    throw error;
  }
}
