import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import type { LookedAt } from "../../store/hash-thread.ts";
import type { StateLayout } from "../../store/state-layout.ts";
import type { Expected, ExpectedDirectory, ExpectedFile, ExpectedPage, ExpectedSymlink } from "./expected.ts";
import type { Finding, FindingKind, Problem } from "./finding.ts";

/** A file that is no link to its object: its bytes have to be looked at. */
export interface Copy {
  readonly path: string;
  readonly wanted: ExpectedFile;
  /** Whether a copy may stand here at all. */
  readonly isAllowed: boolean;
}

export interface TreeChecker {
  /** Compares what stands at `at` with what is expected, all below included. Yields the copies whose bytes only hashing can tell; everything else is reported at once. */
  check(at: string, wanted: Expected): Generator<Copy>;
  /** Reports what hashing told of a copy. */
  judge(copy: Copy, found: LookedAt): void;
}

/** Looks at parts of the site; `report` hears of what is wrong. */
export function openTreeChecker(options: {
  readonly layout: Pick<StateLayout, "object" | "tree">;
  readonly report: (finding: Finding) => void;
}): TreeChecker {
  const { layout } = options;

  function* check(at: string, wanted: Expected): Generator<Copy> {
    const there = look(at);
    if (there === "unreadable") return;
    if (there === undefined) {
      report(at, "missing", wanted);
      return;
    }
    switch (wanted.kind) {
      case "file":
        yield* checkFile(at, there, wanted);
        return;
      case "page":
        checkPage(at, there, wanted);
        return;
      case "symlink":
        checkSymlink(at, there, wanted);
        return;
      case "directory":
        yield* checkDirectory(at, there, wanted);
    }
  }

  function* checkDirectory(at: string, there: Stats, wanted: ExpectedDirectory): Generator<Copy> {
    if (wanted.orSymlink !== undefined && there.isSymbolicLink()) {
      checkSymlink(at, there, { kind: "symlink", target: wanted.orSymlink });
      return;
    }
    if (!there.isDirectory()) {
      report(at, "type", wanted, describe(there));
      return;
    }
    if ((there.mode & 0o555) !== 0o555) report(at, "mode", wanted, modeText(there));
    const entries = wanted.entries();
    const names = read(at, () => readdirSync(at));
    if (entries === undefined || names === undefined) return;
    for (const name of names) if (!entries.has(name)) report(path.join(at, name), "extra");
    for (const [name, entry] of entries) yield* check(path.join(at, name), entry);
  }

  function* checkFile(at: string, there: Stats, wanted: ExpectedFile): Generator<Copy> {
    if (!there.isFile()) {
      report(at, "type", wanted, describe(there));
      return;
    }
    const pooled = lookQuietly(wanted.of === "object" ? layout.object(wanted.digest) : layout.tree(wanted.digest));
    // The very inode: its bytes and its mode are those of the object, which is looked at in the pool.
    if (pooled?.ino === there.ino && pooled.dev === there.dev) return;
    if ((there.mode & 0o7777) !== 0o444) report(at, "mode", wanted, modeText(there));
    const isAllowed =
      wanted.as !== "link" || wanted.sizeBytes === 0 || pooled === undefined || pooled.nlink >= fewestLinks;
    yield { path: at, wanted, isAllowed };
  }

  function judge({ path: at, wanted, isAllowed }: Copy, found: LookedAt): void {
    switch (found.is) {
      case "missing":
        report(at, "missing", wanted);
        break;
      case "no-file":
        report(at, "type", wanted, found.what);
        break;
      case "unreadable":
        report(at, "unreadable", wanted, found.code);
        break;
      case "file": {
        const isSize = wanted.sizeBytes === undefined || found.sizeBytes === wanted.sizeBytes;
        const isRight = isSize && (found.digest === undefined || found.digest === wanted.digest);
        if (!isRight) report(at, "bytes", wanted);
        else if (!isAllowed) report(at, "copy", wanted);
      }
    }
  }

  function checkPage(at: string, there: Stats, wanted: ExpectedPage): void {
    if (!there.isFile()) {
      report(at, "type", wanted, describe(there));
      return;
    }
    if ((there.mode & 0o777) !== 0o644) report(at, "mode", wanted, modeText(there));
    const content = wanted.content();
    if (content === undefined) return;
    const bytes = read(at, () => readFileSync(at));
    if (bytes?.equals(Buffer.from(content)) === false) report(at, "bytes", wanted);
  }

  function checkSymlink(at: string, there: Stats, wanted: ExpectedSymlink): void {
    if (!there.isSymbolicLink()) {
      report(at, "type", wanted, describe(there));
      return;
    }
    const target = read(at, () => readlinkSync(at));
    if (target !== undefined && target !== wanted.target) report(at, "target", wanted, target);
  }

  function look(at: string): Stats | "unreadable" | undefined {
    try {
      return lstatSync(at, { throwIfNoEntry: false });
    } catch (error) {
      if (hasErrorCode(error, "ENOTDIR")) return undefined;
      reportUnreadable(at, error);
      return "unreadable";
    }
  }

  function read<Result>(at: string, reading: () => Result): Result | undefined {
    try {
      return reading();
    } catch (error) {
      reportUnreadable(at, error);
      return undefined;
    }
  }

  function reportUnreadable(at: string, error: unknown): void {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    report(at, "unreadable", undefined, String(error.code));
  }

  function report(at: string, problem: Problem, wanted?: Expected, detail = ""): void {
    const kind: FindingKind = wanted?.kind === "page" ? "page" : "content";
    const digest = wanted?.kind === "file" ? wanted.digest : undefined;
    options.report({
      kind,
      problem,
      path: at,
      digest,
      detail,
      affects: [],
      ...(wanted === undefined ? {} : { wanted }),
    });
  }

  return { check, judge };
}

/**
 * An object with so many links may have copies: file systems end at 1,023 links to one file (NTFS), 65,000 (ext4) or more, and a copy that was made then stays when links go
 * away again.
 */
const fewestLinks = 1000;

/** Trouble with the pool is told when the pool is looked at. */
function lookQuietly(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function modeText(there: Stats): string {
  return `mode ${(there.mode & 0o7777).toString(8)}`;
}

function describe(there: Stats): string {
  if (there.isDirectory()) return "a directory";
  if (there.isSymbolicLink()) return "a symlink";
  return there.isFile() ? "a file" : "no regular file";
}
