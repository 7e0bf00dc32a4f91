import type { ChangeAmount, ChangeCurve } from "../../model/change-curve.ts";
import { measuredCurve } from "../../model/change-curve.ts";
import { directoriesAbove } from "../../model/content-facts.ts";
import { differenceOf } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import { secondsOf } from "../../model/timestamp.ts";
import type { Tree } from "../../model/tree.ts";

/** What a history says of how a repository changes. */
export interface MeasuredChange {
  /** How many checkpoints were compared, each with the one before. */
  readonly compared: number;
  readonly stepSeconds: number;
  readonly perStep: ChangeAmount;
  readonly curve: ChangeCurve;
  readonly addedPerSecond: number;
}

/** Compares the newest kept checkpoints; undefined where there are not two with anything in them. What was empty at the beginning tells nothing of what is to come. */
export function measureChange(
  history: Pick<History, "checkpoints">,
  read: (digest: Digest) => Tree,
): MeasuredChange | undefined {
  const sample = keptCheckpoints(history)
    .filter(({ files }) => files > 0)
    .slice(-mostCompared - 1);
  const [first, ...others] = sample;
  const last = others.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const amounts = others.map((checkpoint, index) => differenceAmount(sample[index] ?? first, checkpoint, read));
  const steps = others.length;
  const total = amounts.reduce(
    (sum, one) => ({
      files: sum.files + one.files,
      bytes: sum.bytes + one.bytes,
      directories: sum.directories + one.directories,
    }),
    { files: 0, bytes: 0, directories: 0 },
  );
  const perStep = { files: total.files / steps, bytes: total.bytes / steps, directories: total.directories / steps };
  const seconds = secondsOf(last.created) - secondsOf(first.created);
  return {
    compared: steps,
    stepSeconds: seconds / steps,
    perStep,
    curve: measuredCurve(seconds / steps, perStep, steps, differenceAmount(first, last, read)),
    addedPerSecond: (last.files - first.files) / seconds,
  };
}

/** How often checkpoints were made lately, pruned ones among them: the middle one of the newest distances. */
export function usualInterval({ checkpoints }: Pick<History, "checkpoints">): number | undefined {
  const times = checkpoints.slice(-mostCompared - 1).map(({ created }) => secondsOf(created));
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)];
}

const mostCompared = 20;

function differenceAmount(
  from: Pick<Checkpoint, "root">,
  to: Pick<Checkpoint, "root">,
  read: (digest: Digest) => Tree,
): ChangeAmount {
  const directories = new Set<string>();
  let files = 0;
  let bytes = 0;
  for (const { kind, path, sizeBytes } of differenceOf(from.root, to.root, read)) {
    for (const directory of directoriesAbove(path)) directories.add(directory);
    if (kind === "removed") continue;
    files += 1;
    bytes += sizeBytes;
  }
  return { files, bytes, directories: directories.size };
}
