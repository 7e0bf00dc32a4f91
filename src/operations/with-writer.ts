import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";
import { waitForLock } from "../store/lock.ts";
import type { Lock } from "../store/lock.ts";
import { openStore } from "../store/open-store.ts";
import { prepareStateDirectory } from "../store/state-directory.ts";
import { keepReserve, releaseReserve } from "../store/room.ts";
import { stateLayout } from "../store/state-layout.ts";
import { checkExpressible } from "./build/check-expressible.ts";
import { checkOwners } from "./check-owners.ts";
import { asLocalFailure } from "./local-failure.ts";
import { checkPlacesFree, checkSiteNotAhead } from "./build/site-record.ts";
import { assembleWorkspace } from "./workspace.ts";
import type { Workspace, WorkspaceOptions } from "./workspace.ts";

/**
 * Runs `work` as the state's one writer: takes the lock (LOCKED at once, or after `waitSeconds`), clears away what dead runs left, and refuses to go on when the site
 * knows more history than the state (HISTORY_BEHIND_SITE), when root is asked to work where others may write (LOCAL_IO), when a base path is still taken or when the rules could not be written (CONFIG).
 */
export async function withWriter<Result>(
  options: WorkspaceOptions & {
    readonly purpose: string;
    readonly waitSeconds: number;
    /** Take a base path under which another repository's checkpoints were served. */
    readonly accept?: boolean;
    /** The state is an old one, and that is what the work is about. */
    readonly recovering?: boolean;
    /** Run under the lock and after every check of the machine, before anything is asked about state and site: for what would keep every writer out. */
    readonly before?: (workspace: Workspace) => void;
  },
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const { config, clock, signal } = options;
  const layout = stateLayout(config.stateDir);
  let lock: Lock | undefined;
  // A cron job's umask must not decide whether the web server may read the site; what is private is given a mode that says so. Worker threads cannot set it.
  const umask = isMainThread ? process.umask(0o022) : undefined;
  try {
    checkExpressible(config);
    if (options.allowUnsafeOwner !== true) checkOwners(config);
    checkOutput(config.publicDir);
    prepareStateDirectory(config.stateDir);
    lock = await waitForLock(layout.lock, {
      purpose: options.purpose,
      waitSeconds: options.waitSeconds,
      signal,
      clock,
    });
    // The mark by which checkOutput knows the document root again, before anything else can be in it.
    mkdirSync(path.join(config.publicDir, "_asof"), { recursive: true, mode: 0o755 });
    checkOneFileSystem(layout.lock, config.publicDir);
    const store = openStore(config.stateDir, { create: true, now: () => clock.now(), trusting: options.trusting });
    const foreign = await store.recover();
    const workspace = assembleWorkspace(options, store);
    for (const file of foreign) {
      workspace.onProgress({ kind: "warning", text: `${file} was not made by asof and is left alone; move it away` });
    }
    options.before?.(workspace);
    if (options.recovering !== true) checkSiteNotAhead(workspace);
    checkPlacesFree(workspace, options.accept === true);
    if (makesRoom.has(options.purpose)) releaseReserve(config.stateDir);
    const result = await work(workspace);
    // What the work took out of sight takes no room until the next run.
    await store.recover();
    store.rememberLogs();
    keepReserve(config.stateDir);
    return result;
  } catch (error) {
    throw asLocalFailure(error);
  } finally {
    lock?.release();
    if (umask !== undefined) process.umask(umask);
  }
}

/** Commands by which room is made: they must succeed on a disk that has none. */
const makesRoom: ReadonlySet<string> = new Set(["prune", "withdraw", "take-down", "remove", "build"]);

/** asof replaces and removes what is in its document root: it must be its own. */
function checkOutput(publicDir: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(publicDir);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return;
    throw error;
  }
  if (names.length === 0 || names.includes("_asof")) return;
  throw new Failure("CONFIG", `the output directory ${publicDir} is not empty and was not made by asof`, {
    hint: `move ${path.basename(publicDir)} away, or name an empty or new directory as output:`,
  });
}

/** What is made in state/ takes its visible name by a rename. Asked before anything is recorded; a bind mount says no although its device number is the same. */
function checkOneFileSystem(lock: string, publicDir: string): void {
  const [from, to] = [`${lock}-probe`, path.join(publicDir, "_asof", ".probe")];
  try {
    writeFileSync(from, "");
    renameSync(from, to);
  } catch (error) {
    if (!hasErrorCode(error, "EXDEV")) throw error;
    throw new Failure("CONFIG", `state and output lie on two file systems: ${path.dirname(lock)} and ${publicDir}`, {
      cause: error,
      hint: "put them on one: checkpoints become visible by a rename",
    });
  } finally {
    rmSync(from, { force: true });
    rmSync(to, { force: true });
  }
}
