import { readdirSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { LookedAt } from "../../store/hash-thread.ts";
import { lookAtFiles } from "../../store/look-at-files.ts";
import type { Finding, Problem } from "./finding.ts";

export interface FolderCheck {
  readonly files: number;
  readonly bytes: number;
  /** What cannot be relied on: wrong bytes, unreadable, no regular file. Those that are not there at all are found by what names them. */
  readonly bad: ReadonlySet<Digest>;
}

/**
 * Looks at every file of a folder whose files are named by their SHA-256 (`ab/<digest>`), the pool's objects or its records: name, type, mode 0444 and, unless `hash` is false, every byte.
 */
export async function checkPool(options: {
  readonly kind: "object" | "record";
  readonly folder: string;
  readonly hash: boolean;
  readonly signal: AbortSignal;
  readonly report: (finding: Finding) => void;
  readonly onFile: (sizeBytes: number) => void;
}): Promise<FolderCheck> {
  const { kind, folder, hash, signal, onFile } = options;
  const bad = new Set<Digest>();
  let files = 0;
  let bytes = 0;

  function* names(): Generator<string> {
    for (const bucket of list(folder)) {
      const inside = path.join(folder, bucket);
      if (!/^[0-9a-f]{2}$/.test(bucket)) {
        report(inside, undefined, "extra");
        continue;
      }
      for (const name of list(inside)) {
        const file = path.join(inside, name);
        if (isDigest(name) && name.startsWith(bucket)) yield file;
        else report(file, undefined, "extra");
      }
    }
  }

  function list(directory: string): readonly string[] {
    try {
      return readdirSync(directory).toSorted();
    } catch (error) {
      if (hasErrorCode(error, "ENOENT") && directory === folder) return [];
      if (hasErrorCode(error, "ENOTDIR")) report(directory, undefined, "type", "no directory");
      else if (error instanceof Error && "code" in error)
        report(directory, undefined, "unreadable", String(error.code));
      else throw error;
      return [];
    }
  }

  function judge(file: string, found: LookedAt): void {
    const digest = path.basename(file);
    if (!isDigest(digest)) throw new Error(`${file} is not named by a digest`);
    files += 1;
    const fail = (problem: Problem, detail = ""): void => {
      bad.add(digest);
      report(file, digest, problem, detail);
    };
    switch (found.is) {
      case "missing":
        fail("missing");
        break;
      case "no-file":
        fail("type", found.what);
        break;
      case "unreadable":
        fail("unreadable", found.code);
        break;
      case "file":
        bytes += found.sizeBytes;
        onFile(found.sizeBytes);
        if (found.digest !== undefined && found.digest !== digest) fail("bytes");
        if (found.mode !== 0o444) report(file, digest, "mode", `mode ${found.mode.toString(8)}`);
    }
  }

  function report(file: string, digest: Digest | undefined, problem: Problem, detail = ""): void {
    options.report({ kind, problem, path: file, digest, detail, affects: [] });
  }

  await lookAtFiles(names(), { hash, signal, onFile: judge });
  return { files, bytes, bad };
}
