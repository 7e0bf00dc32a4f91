import { closeSync, openSync, readSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { changesJsonName } from "../../pages/changes-json.ts";
import { readSealed, writeSealed } from "../../store/sealed-file.ts";
import { changesHeadOf } from "./change-files.ts";
import type { CheckpointPair } from "./change-files.ts";
import { headText } from "./describe-site.ts";
import type { MadeFiles } from "./made-files.ts";
import type { Workspace } from "../workspace.ts";

export interface OutdatedChanges {
  /** Kept checkpoints whose lists of changes are not there, or compare with one that is not the kept one before any more. */
  readonly pairs: readonly CheckpointPair[];
  /** Writes down that all of them are made. Needs the lock. */
  remember(): void;
}

/**
 * Asks which lists of changes a build has to make: those of a checkpoint that is new, and of one that has got another before it, because one was pruned, withdrawn or imported. Which were made is kept in state/cache,
 * a line for each checkpoint; of others the beginning of their file is read. With `all` every list is made again; `trusting: false` reads every beginning.
 */
export function outdatedChanges(
  workspace: Workspace,
  options: { readonly made: Pick<MadeFiles, "holds">; readonly trusting: boolean; readonly all: boolean },
): OutdatedChanges {
  const { config, publicLayout, store } = workspace;
  const looked: { readonly file: string; readonly text: string }[] = [];

  function pairsOf(distribution: DistributionSettings): readonly CheckpointPair[] {
    const { basePath, repository } = distribution;
    const history = store.repository(repository)?.history;
    const kept = history === undefined ? [] : keptCheckpoints(history);
    const pairs = kept.map((checkpoint, index) => ({ distribution, checkpoint, previous: kept[index - 1] }));
    const remembered = store.layout.cacheFile(`${basePath.replaceAll("/", "+")}.changes`);
    const text = `${JSON.stringify(distribution)}\n${kept.map(({ created }) => created).join("\n")}\n`;
    const before = readSealed(remembered, label)?.toString("utf8");
    if (before !== text) looked.push({ file: remembered, text });
    if (options.all) return pairs;
    if (before === text && options.trusting) return [];
    const known = options.trusting ? pairsIn(before, distribution) : new Set();
    return pairs.filter(
      (pair) =>
        !known.has(`${pair.previous?.created ?? ""} ${pair.checkpoint.created}`) &&
        !begins(
          path.join(publicLayout.beside(basePath, pair.checkpoint.created), changesJsonName(1)),
          changesHeadOf(pair),
        ),
    );
  }

  const pairs = config.distributions
    .filter(({ checkpoint }) => checkpoint)
    .flatMap((distribution) => {
      let found: readonly CheckpointPair[] = [];
      const folder = path.join(publicLayout.base(distribution.basePath), "_asof");
      const madeOf = `changes ${options.all} ${JSON.stringify(distribution)} ${headText(workspace, distribution.repository)}`;
      options.made.holds(folder, madeOf, () => {
        found = pairsOf(distribution);
        return found.length === 0;
      });
      return found;
    });
  return {
    pairs,
    remember: () => {
      for (const { file, text } of looked) writeSealed(file, label, [Buffer.from(text)]);
    },
  };
}

const label = "asof changes 1";

/** What was made for the same distribution: each checkpoint with the one before, `<time> <time>`. */
function pairsIn(text: string | undefined, distribution: DistributionSettings): ReadonlySet<string> {
  const [first, ...kept] = text?.split("\n").slice(0, -1) ?? [];
  if (first !== JSON.stringify(distribution)) return new Set();
  return new Set(kept.map((at, index) => `${kept[index - 1] ?? ""} ${at}`));
}

function begins(file: string, head: string): boolean {
  const wanted = Buffer.from(head);
  try {
    const descriptor = openSync(file, "r");
    try {
      const there = Buffer.alloc(wanted.length);
      return readSync(descriptor, there) === wanted.length && there.equals(wanted);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EISDIR")) return false;
    throw error;
  }
}
