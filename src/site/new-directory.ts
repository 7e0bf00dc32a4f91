import { mkdirSync, symlinkSync } from "node:fs";

import { placeFile } from "./place-file.ts";
import { writeNew } from "./stage-file.ts";

/** A directory that is not there yet, and everything that will lie in it. */
export interface NewDirectory {
  /** Absolute; the folder that holds it is there. */
  readonly dir: string;
  readonly files: readonly FileToPlace[];
  readonly symlinks: readonly { readonly name: string; readonly target: string }[];
  /** Our listing. */
  readonly page: { readonly name: string; readonly text: string } | undefined;
}

/** A file of the pool, by its absolute path, and the name that it gets. */
export interface FileToPlace {
  readonly name: string;
  readonly object: string;
  readonly sizeBytes: number;
}

/** Makes it in this thread. */
export function makeDirectory({ dir, files, symlinks, page }: NewDirectory): void {
  mkdirSync(dir, { mode: 0o755 });
  for (const { name, object, sizeBytes } of files) placeFile(object, `${dir}/${name}`, { copy: false, sizeBytes });
  for (const { name, target } of symlinks) symlinkSync(target, `${dir}/${name}`);
  if (page !== undefined) writeNew(`${dir}/${page.name}`, page.text);
}

/** Some directories to make. */
export interface DirectoryBatch {
  readonly directories: readonly NewDirectory[];
  /** How many batches were made, as one Int32. */
  readonly made: SharedArrayBuffer;
}

/** Those of a batch that could not be made: whoever asked makes them anew, and tells what is wrong. */
export type NotMade = readonly NewDirectory[];

/**
 * The body of a thread that makes directories as `makeDirectory` does, but for what that does beyond the common case. A thread is started from its own text, because a worker's file would have one name in src/ and
 * another in the package: nothing of this module may be named in it but types.
 */
export function directoryThread(): void {
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  const {
    closeSync,
    linkSync,
    mkdirSync: makeFolder,
    openSync,
    symlinkSync: link,
    writeFileSync,
  } = process.getBuiltinModule("node:fs");

  parentPort?.on("message", (asked: DirectoryBatch | "end") => {
    if (asked === "end") {
      parentPort.close();
      return;
    }
    const notMade = asked.directories.filter((one) => !isMade(one));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    if (notMade.length > 0) parentPort.postMessage(notMade satisfies NotMade);
    Atomics.add(new Int32Array(asked.made), 0, 1);
  });

  function isMade({ dir, files, symlinks, page }: NewDirectory): boolean {
    // Servers get empty files as copies.
    if (files.some(({ sizeBytes }) => sizeBytes === 0)) return false;
    try {
      makeFolder(dir, 0o755);
      for (const { name, object } of files) linkSync(object, `${dir}/${name}`);
      for (const { name, target } of symlinks) link(target, `${dir}/${name}`);
      if (page === undefined) return true;
      const handle = openSync(`${dir}/${page.name}`, "wx", 0o644);
      try {
        writeFileSync(handle, page.text);
      } finally {
        closeSync(handle);
      }
      return true;
    } catch {
      return false;
    }
  }
}
