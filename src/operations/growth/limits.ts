import { existsSync, statfsSync } from "node:fs";
import path from "node:path";

import type { Config } from "../../model/config.ts";
import { fileSystemLimits, longestPathBytes } from "../../model/file-system-limits.ts";
import type { FileSystemLimits } from "../../model/file-system-limits.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { roomOn } from "../../store/room.ts";

/** The file system that state and site are on. */
export interface RoomFacts extends FileSystemLimits {
  readonly freeBytes: number;
  /** Undefined where inodes are made as they are needed. */
  readonly freeInodes: number | undefined;
  readonly blockBytes: number;
}

/** Something that does not last as long as the plan. */
export interface GrowthWarning {
  readonly limit: "inodes" | "bytes" | "links" | "subdirectories" | "path";
  /** When, about; undefined for what is so from the beginning. */
  readonly at: Timestamp | undefined;
  readonly text: string;
}

/** A repository by months, the first of them now. */
export interface MonthlyGrowth {
  readonly repository: string;
  readonly kept: readonly number[];
  readonly longestPathBytes: number;
  readonly mostPaths: number;
}

/** Asks the folder of the state, or the nearest one above that is there: a plan may come before the first run. */
export function roomFacts({ stateDir }: Pick<Config, "stateDir">): RoomFacts {
  let folder = stateDir;
  while (!existsSync(folder)) folder = path.dirname(folder);
  const { type, bsize } = statfsSync(folder);
  const { bytes, files } = roomOn(folder);
  return { ...fileSystemLimits(type), freeBytes: bytes, freeInodes: files, blockBytes: bsize };
}

/** What runs out, and when. `needs` are the totals of the site by month. */
export function growthWarnings(
  config: Config,
  room: RoomFacts,
  months: readonly number[],
  needs: { readonly inodes: readonly number[]; readonly diskBytes: readonly number[] },
  repositories: readonly MonthlyGrowth[],
): readonly GrowthWarning[] {
  const folder = config.stateDir;
  const outOf = (limit: "inodes" | "bytes", values: readonly number[], free: number | undefined): GrowthWarning[] => {
    const at = firstBeyond(months, values, (values[0] ?? 0) + (free ?? Infinity));
    const what = `${folder} has ${free} ${limit} free`;
    return at === undefined ? [] : [{ limit, at, text: `${what}, and they run out about ${dateOf(at)}` }];
  };
  return [
    ...outOf("inodes", needs.inodes, room.freeInodes),
    ...outOf("bytes", needs.diskBytes, room.freeBytes),
    ...repositories.flatMap((one) => [
      ...linkWarnings(config, room, months, one),
      ...subdirectoryWarnings(room, months, one),
      ...pathWarnings(config, one),
    ]),
  ];
}

/** Files that are in every checkpoint: of `hardlinks` all that never change, of `shared` those in directories where something always does. */
function linkWarnings(
  { layout, distributions }: Config,
  { name, links }: RoomFacts,
  months: readonly number[],
  { repository, kept, mostPaths }: MonthlyGrowth,
): readonly GrowthWarning[] {
  if (links === undefined || layout === "copies") return [];
  const sites = distributions.filter((one) => one.checkpoint && one.repository === repository).length;
  const at = firstBeyond(
    months,
    kept.map((count) => 1 + count * sites * mostPaths),
    links,
  );
  if (at === undefined) return [];
  const which = layout === "hardlinks" ? "that never changes" : "in a directory that always changes";
  const text = `${repository}: about ${dateOf(at)} a file ${which} has the ${links} links that ${name} allows; from then on asof makes copies of it, which cost its bytes`;
  return [{ limit: "links", at, text }];
}

function subdirectoryWarnings(
  { name, subdirectories }: RoomFacts,
  months: readonly number[],
  { repository, kept }: MonthlyGrowth,
): readonly GrowthWarning[] {
  const at = subdirectories === undefined ? undefined : firstBeyond(months, kept, subdirectories);
  if (at === undefined) return [];
  const text = `${repository}: about ${dateOf(at)} a base path has ${subdirectories} directories, more than ${name} takes without dir_nlink (tune2fs -l DEVICE shows whether it is on)`;
  return [{ limit: "subdirectories", at, text }];
}

function pathWarnings(
  { publicDir, distributions }: Config,
  { repository, longestPathBytes: longest }: MonthlyGrowth,
): readonly GrowthWarning[] {
  const bases = distributions.filter((one) => one.repository === repository).map(({ basePath }) => basePath.length);
  const bytes = Buffer.byteLength(publicDir) + Math.max(0, ...bases) + "//20250318T140338Z/".length + longest;
  if (bytes <= longestPathBytes) return [];
  const text = `${repository}: the longest path below ${publicDir} has ${bytes} bytes, and Linux takes ${longestPathBytes}`;
  return [{ limit: "path", at: undefined, text }];
}

/** When values that belong to months pass a limit; between two of them they are taken to rise evenly. */
function firstBeyond(months: readonly number[], values: readonly number[], limit: number): Timestamp | undefined {
  const index = values.findIndex((value) => value > limit);
  const [at, value] = [months[index], values[index]];
  if (at === undefined || value === undefined) return undefined;
  const [before, from] = [months[index - 1] ?? at, values[index - 1] ?? value];
  const part = value === from ? 1 : (limit - from) / (value - from);
  return timestampFromSeconds(before + (at - before) * part);
}

function dateOf(at: Timestamp): string {
  return `${at.slice(0, 4)}-${at.slice(4, 6)}-${at.slice(6, 8)}`;
}
