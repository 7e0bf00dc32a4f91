import { closeSync, openSync, readSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Checkpoint, HistoryEvent } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { changesJsonName } from "../../pages/changes-json.ts";
import { emptyLog } from "../../store/log.ts";
import type { RepositoryLog } from "../../store/log.ts";
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
 * Asks which lists of changes a build has to make: those of a checkpoint that is new, and of one that has got another before it, because one was pruned, withdrawn or imported. Up to which line of the log all of them
 * were made is kept in state/cache, and what the lines behind it touch is looked at: at the beginning of one file each. Losing it costs a look at each checkpoint. With `all` every list is made again; `trusting: false`
 * looks at all.
 */
export function outdatedChanges(
  workspace: Workspace,
  options: { readonly made: Pick<MadeFiles, "holds">; readonly trusting: boolean; readonly all: boolean },
): OutdatedChanges {
  const { config, publicLayout, store } = workspace;
  const looked: { readonly file: string; readonly text: string }[] = [];

  function pairsOf(distribution: DistributionSettings): readonly CheckpointPair[] {
    const { basePath, repository } = distribution;
    const { history, log } = store.repository(repository) ?? {};
    const kept = history === undefined ? [] : keptCheckpoints(history);
    const file = store.layout.cacheFile(`${basePath.replaceAll("/", "+")}.changes`);
    const before = readSealed(file, label)?.toString("utf8");
    const text = memoryOf(distribution, log ?? emptyLog, log?.length ?? 0);
    if (before !== text) looked.push({ file, text });
    const pairs = kept.map((checkpoint, index) => ({ distribution, checkpoint, previous: kept[index - 1] }));
    if (options.all) return pairs;
    const lines = Number(before?.split("\n")[1] ?? 0);
    const isKnown = options.trusting && log !== undefined && before === memoryOf(distribution, log, lines);
    const news = isKnown ? store.eventsAfter(repository, lines) : [];
    const touched = isKnown ? touchedBy(kept, news) : new Set(kept);
    const recounted = recountedBy(news);
    return pairs.filter(
      (pair) =>
        recounted.has(pair.checkpoint.created) ||
        (touched.has(pair.checkpoint) &&
          !begins(
            path.join(publicLayout.beside(basePath, pair.checkpoint.created), changesJsonName(1)),
            changesHeadOf(pair),
          )),
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

/** For which distribution, and up to which line of the log. */
function memoryOf(distribution: DistributionSettings, log: RepositoryLog, lines: number): string {
  return [JSON.stringify(distribution), lines, log.digestAt(lines - 1) ?? "", ""].join("\n");
}

/** Checkpoints that are new, and those that follow one that came or went. */
function touchedBy(kept: readonly Checkpoint[], events: readonly HistoryEvent[]): ReadonlySet<Checkpoint> {
  const times = events
    .flatMap((event) => {
      if (event.type === "tombstone") return [event.checkpoint];
      return event.type === "publication" && event.checkpoint ? [event.created] : [];
    })
    .toSorted();
  const firstOf = (isReached: (time: string, created: string) => boolean): readonly Checkpoint[] => {
    let next = 0;
    return kept.filter(({ created }) => {
      const from = next;
      while (isReached(times[next] ?? "~", created)) next += 1;
      return next > from;
    });
  };
  return new Set([...firstOf((time, created) => time <= created), ...firstOf((time, created) => time < created)]);
}

/** Checkpoints whose line counts other changes since: their pages say so, also where what was filled in before them went again before any build. */
function recountedBy(events: readonly HistoryEvent[]): ReadonlySet<Timestamp> {
  return new Set(events.flatMap((event) => ("next" in event ? (event.next?.created ?? []) : [])));
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
