import { lstatSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { copyObject, placeFile } from "../../site/place-file.ts";
import { lstatIfThere } from "../../site/stat-if-there.ts";
import { syncFileSystem } from "../../store/disk.ts";
import type { Digest } from "../../model/digest.ts";
import type { Expected, ExpectedFile } from "../verify/expected.ts";
import type { Workspace } from "../workspace.ts";
import { setAside } from "./set-aside.ts";

export interface Placement {
  readonly at: string;
  readonly wanted: Expected;
}

/**
 * Makes what belongs in each place in a staging folder, durable, and then renames it there: visitors see the old thing or the new one. A rename cannot put a file where a directory stands, or the other way
 * round: that is set aside first. What needs an object that is not whole is left out.
 */
export async function placeAll(
  workspace: Workspace,
  placements: readonly Placement[],
  isWhole: (file: ExpectedFile) => boolean,
): Promise<void> {
  const { store, clock } = workspace;
  const transaction = store.begin();
  let counter = 0;
  try {
    const staged = placements.flatMap(({ at, wanted }) => {
      const from = path.join(transaction.dir, `place-${(counter += 1)}`);
      return make(from, wanted, lstatIfThere(at)?.mtimeMs) ? [{ from, to: at }] : [];
    });
    if (staged.length === 0) return;
    await syncFileSystem(transaction.dir);
    for (const { from, to } of staged) {
      mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
      const there = lstatIfThere(to);
      if (there !== undefined && (there.isDirectory() || lstatSync(from).isDirectory())) setAside(workspace, to);
      renameSync(from, to);
    }
    await syncFileSystem(transaction.dir);
  } finally {
    transaction.discard();
  }

  /** Whether something was made. */
  function make(to: string, wanted: Expected, oldMtimeMs: number | undefined): boolean {
    switch (wanted.kind) {
      case "file":
        return makeFile(to, wanted);
      case "symlink":
        symlinkSync(wanted.target, to);
        return true;
      case "page": {
        const content = wanted.content();
        if (content === undefined) return false;
        writeFileSync(to, content, { mode: 0o644, flag: "wx" });
        // Servers make validators of size and second: other bytes get a later one.
        const second = Math.max(Math.floor(clock.now()), Math.floor((oldMtimeMs ?? 0) / 1000) + 1);
        utimesSync(to, second, second);
        return true;
      }
      case "directory": {
        const entries = wanted.entries();
        if (entries === undefined) return false;
        mkdirSync(to, { mode: 0o755 });
        for (const [name, entry] of entries) make(path.join(to, name), entry, undefined);
        return true;
      }
    }
  }

  function makeFile(to: string, wanted: ExpectedFile): boolean {
    if (!isWhole(wanted)) return false;
    const from = sourceOf(wanted.of, wanted.digest);
    try {
      if (wanted.mtimeSeconds !== undefined) copyObject(from, to, wanted.mtimeSeconds);
      else placeFile(from, to, { copy: wanted.as === "copy", sizeBytes: wanted.sizeBytes ?? 1 });
      return true;
    } catch (error) {
      // An object that is not there is a finding of its own.
      if (error instanceof Failure && error.code === "DAMAGE") return false;
      throw error;
    }
  }

  function sourceOf(of: ExpectedFile["of"], digest: Digest): string {
    return of === "object" ? store.layout.object(digest) : store.layout.tree(digest);
  }
}
