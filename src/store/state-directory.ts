import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../error-code.ts";
import { Failure } from "../failure.ts";
import { readIfThere, replaceFile } from "./disk.ts";
import { stateLayout } from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

const format = { format: "asof-state", version: 1 };

/** Whether there is a state directory at all: reading commands say so in words of their own. Throws STATE_FORMAT where only the file is missing that says so. */
export function storeExists(root: string): boolean {
  const layout = stateLayout(root);
  if (readIfThere(layout.format) !== undefined) return true;
  // Empty folders are what a run leaves that died before it wrote FORMAT.
  if (![path.join(root, "repositories"), layout.objects].some(holdsAnything)) return false;
  throw new Failure("STATE_FORMAT", `FORMAT is missing from ${root}`, {
    hint: "restore this file from a backup of state/; nothing was written",
  });
}

function holdsAnything(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** Makes the state directory's folder, or throws CONFIG when there is one that holds anything that asof did not make. */
export function prepareStateDirectory(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (storeExists(root)) return;
  // A run that died before FORMAT was written left a lock and empty folders.
  if (readdirSync(root).some((name) => !beforeFormat.has(name) && !folders.has(name))) {
    throw new Failure("CONFIG", `the state directory ${root} is not empty and was not made by asof`, {
      hint: "name an empty or new directory as state:",
    });
  }
}

/** Makes the state directory, where there is none yet. */
export function createState(layout: StateLayout): void {
  if (readIfThere(layout.format) !== undefined) return;
  prepareStateDirectory(layout.root);
  for (const name of folders) mkdirSync(path.join(layout.root, name), { recursive: true, mode: 0o700 });
  replaceFile(layout.format, `${JSON.stringify({ ...format, id: randomUUID() })}\n`, 0o600);
}

/** What there may be before FORMAT has its name. */
const beforeFormat: ReadonlySet<string> = new Set(["lock", "lock-probe", ".asof-new-FORMAT"]);

const folders: ReadonlySet<string> = new Set([
  "objects",
  "trees",
  "repositories",
  "plain",
  "cache",
  "incoming",
  "trash",
]);

/** Throws STATE_FORMAT for a directory of another version, one that is something else, or none. */
export function checkFormat(layout: StateLayout): void {
  let text: string;
  try {
    text = readFileSync(layout.format, "utf8");
  } catch (cause) {
    if (!hasErrorCode(cause, "ENOENT", "ENOTDIR")) throw cause;
    storeExists(layout.root);
    throw new Failure("STATE_FORMAT", `there is no state directory at ${layout.root}`, {
      cause,
      hint: "run asof update first, or correct state: in the configuration",
    });
  }
  if (text.includes(`"format":"${format.format}","version":${format.version},`)) return;
  throw new Failure("STATE_FORMAT", `${layout.format} names a format that this asof does not know`, {
    hint: "use the asof that made it, or a newer one",
  });
}
