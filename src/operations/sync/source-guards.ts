import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { differenceOf } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { History, Version } from "../../model/history.ts";
import { pairByPath } from "../../model/pair-by-path.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import { shownSafely } from "../../model/shown-safely.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Tree } from "../../model/tree.ts";
import type { OnProgress } from "../progress.ts";
import type { SyncedContent } from "./sync.ts";

/** Of a handful of files a person may well take most away. */
const fewFiles = 10;

/**
 * Refuses a source that lost so much that it is more likely broken than meant: SOURCE_SHRUNK when it is empty all of a sudden (an unmounted file system, an empty manifest), or
 * when more than `max_shrink` percent of the files, and more than ten, would go in one sync. A remote that keeps what leaves its manifest loses nothing, so only emptiness counts there.
 */
export function checkShrink(
  { name, remote, maxShrinkPercent }: Pick<RepositorySettings, "name" | "remote" | "maxShrinkPercent">,
  before: readonly Entry[],
  listed: readonly { readonly path: RelativePath }[],
): void {
  if (before.length === 0) return;
  if (listed.length === 0) {
    throw new Failure(
      "SOURCE_SHRUNK",
      `the source of ${name} is empty, and ${before.length} files came from it before`,
      {
        hint: "is it mounted? pass --allow-shrink if it is really meant to be empty",
      },
    );
  }
  if (remote?.type === "file" && remote.mode === "additive") return;
  let gone = 0;
  for (const [, after] of pairByPath(before, listed)) gone += after === undefined ? 1 : 0;
  if (gone <= fewFiles || gone * 100 <= before.length * maxShrinkPercent) return;
  throw new Failure(
    "SOURCE_SHRUNK",
    `${gone} of the ${before.length} files of ${name} are gone from its source, more than max_shrink allows (${maxShrinkPercent} %)`,
    { hint: "look whether the source is whole; pass --allow-shrink once if they are really meant to go" },
  );
}

/** Paths of both whose bytes differ. Both are in path order. */
export function mutatedPaths(before: readonly Entry[], after: readonly Entry[]): readonly RelativePath[] {
  const paths: RelativePath[] = [];
  for (const [was, is] of pairByPath(before, after)) {
    if (was !== undefined && is !== undefined && was.digest !== is.digest) paths.push(is.path);
  }
  return paths;
}

/**
 * The newest kept checkpoint that has exactly the files of `version`, paths and bytes, whenever they came. Only checkpoints with as many files and bytes are looked
 * into, each only as far as its first difference, and of many such the newest ones: where a file of one size changes, all checkpoints are such.
 */
export function resembledCheckpoint(
  history: History,
  version: Version,
  read: (digest: Digest) => Tree,
): Timestamp | undefined {
  // An empty repository is what every beginning looks like.
  if (version.files === 0) return undefined;
  const alike = ({ files, bytes }: Pick<Version, "files" | "bytes">): boolean =>
    files === version.files && bytes === version.bytes;
  return keptCheckpoints(history)
    .filter(alike)
    .slice(-mostLookedInto)
    .findLast((checkpoint) => differenceOf(checkpoint.root, version.root, read).next().done === true)?.created;
}

const mostLookedInto = 16;

/** Says aloud what a person should look at: a source that went back to an older state, and (with --verbose) each path that got other bytes. */
export function reportSuspicions(
  { repository, mutated, resembles }: Pick<SyncedContent, "repository" | "mutated" | "resembles">,
  onProgress: OnProgress,
): void {
  if (resembles !== undefined) {
    const text = `${repository}: the source looks like checkpoint ${resembles} again; if nobody meant that, it was rolled back`;
    onProgress({ kind: "warning", text });
  }
  for (const path of mutated) {
    onProgress({ kind: "note", text: `${repository}: other bytes under the same name: ${shownSafely(path, 3000)}` });
  }
}
