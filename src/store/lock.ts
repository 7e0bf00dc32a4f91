import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import os from "node:os";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";

export interface Lock {
  release(): void;
}

/** A shared lock is held by any number of readers, and by no writer meanwhile. */
export type LockKind = "exclusive" | "shared";

/**
 * Takes the state directory's lock, or throws LOCKED at once, naming the holder. The kernel holds it (flock(2) on an open file description), so death
 * releases it and there is no stale lock; the text in the file is information only. Node has no flock: `flock -n 3` of util-linux takes it on our
 * inherited descriptor and leaves it there. Commands that asof starts later do not inherit it. Readers that want no writer in between share it.
 */
export function takeLock(file: string, purpose: string, now: number, kind: LockKind = "exclusive"): Lock {
  for (;;) {
    const handle = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    if (!flock(handle, kind)) {
      closeSync(handle);
      throw new Failure("LOCKED", `another run is at work: ${holderOf(file)}`, {
        hint: "wait for it, or pass --wait SECONDS",
      });
    }
    if (isStill(handle, file)) {
      introduce(handle, describe(purpose, now));
      return { release: () => closeSync(handle) };
    }
    // The file was removed between open and flock: that lock guards nothing.
    closeSync(handle);
  }
}

/** Writes down who holds the lock. It is held all the same where there is no room for that; any other failure gives it free. */
function introduce(handle: number, text: string): void {
  try {
    ftruncateSync(handle);
    writeSync(handle, text, 0);
  } catch (error) {
    if (hasErrorCode(error, "ENOSPC", "EDQUOT")) return;
    closeSync(handle);
    throw error;
  }
}

/** Takes the lock, waiting for it up to `waitSeconds`. */
export async function waitForLock(
  file: string,
  options: {
    readonly purpose: string;
    readonly waitSeconds: number;
    readonly signal: AbortSignal;
    readonly kind?: LockKind;
    readonly clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };
  },
): Promise<Lock> {
  const deadline = performance.now() + options.waitSeconds * 1000;
  for (;;) {
    try {
      return takeLock(file, options.purpose, options.clock.now(), options.kind);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "LOCKED" || performance.now() >= deadline) throw error;
    }
    await options.clock.sleep(200, options.signal);
  }
}

function flock(handle: number, kind: LockKind): boolean {
  const result = spawnSync("flock", [kind === "shared" ? "-sn" : "-n", "3"], {
    stdio: ["ignore", "ignore", "inherit", handle],
  });
  if (result.error !== undefined) {
    throw new Failure("LOCAL_IO", "cannot lock the state directory: the flock command is not there", {
      cause: result.error,
      hint: "install util-linux",
    });
  }
  if (result.status === 0) return true;
  if (result.status === 1) return false;
  throw new Failure("LOCAL_IO", `cannot lock the state directory: flock ended with ${result.status ?? result.signal}`, {
    hint: "put state/ on a local file system that has locks",
  });
}

function isStill(handle: number, file: string): boolean {
  try {
    const [mine, named] = [fstatSync(handle), statSync(file)];
    return mine.ino === named.ino && mine.dev === named.dev;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}

function describe(purpose: string, now: number): string {
  return `asof ${purpose}, process ${process.pid} on ${os.hostname()}, since ${new Date(now * 1000).toISOString()}\n`;
}

function holderOf(file: string): string {
  const text = readFileSync(file, "utf8").split("\n")[0] ?? "";
  return text === "" ? "it has not said who it is yet" : text;
}
