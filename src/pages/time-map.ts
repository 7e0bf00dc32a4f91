import { httpDateOf, timeMapType } from "../model/memento.ts";
import type { MementoPaths } from "../model/memento.ts";
import type { Timestamp } from "../model/timestamp.ts";

export interface TimeMapInput {
  readonly paths: MementoPaths;
  /** Scheme and host before every path, or "" where the site does not know them. */
  readonly origin: string;
  /** Kept ones, oldest first. */
  readonly checkpoints: readonly Timestamp[];
}

/** A file below the base path, `path` with slashes. That of a year is not put together before somebody asks for it. */
export interface TimeMapFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The TimeMap of a checkpoint distribution (RFC 7089, section 5): its checkpoints as links, in the format of RFC 6690. Beyond 1,000 it is an index of TimeMaps of a year each, so that a new
 * checkpoint changes two short files. In an older year nothing changes but the relation `last`, when a new year begins.
 */
export function renderTimeMaps(input: TimeMapInput): readonly TimeMapFile[] {
  const { paths, checkpoints } = input;
  const links = (from: number, until: number): readonly string[] => mementoLinks(input, from, until);
  if (!hasYearMaps(checkpoints.length)) {
    return [{ path: "timemap", content: timeMap(input, paths.map, checkpoints, links(0, checkpoints.length)) }];
  }
  const years = yearsOf(checkpoints).map(({ from, until }) => {
    const inYear = checkpoints.slice(from, until);
    const path = `_asof/timemap/${inYear[0]?.slice(0, 4) ?? ""}`;
    const url = paths.base + path;
    const link = linkOf(input, url, "timemap", [`type="${timeMapType}"`, ...spanOf(inYear)]);
    return {
      path,
      link,
      get content() {
        return timeMap(input, url, inYear, links(from, until));
      },
    };
  });
  const index = timeMap(
    input,
    paths.map,
    checkpoints,
    years.map(({ link }) => link),
  );
  return [{ path: "timemap", content: index }, ...years];
}

/** Whether there are so many checkpoints that the TimeMap is an index. */
export function hasYearMaps(checkpoints: number): boolean {
  return checkpoints > longestList;
}

const longestList = 1000;

/** One TimeMap at `url` that covers `checkpoints`. */
function timeMap(
  input: TimeMapInput,
  url: string,
  checkpoints: readonly Timestamp[],
  links: readonly string[],
): string {
  const { original, gate } = input.paths;
  const own = [`type="${timeMapType}"`, ...spanOf(checkpoints)];
  const all = [
    linkOf(input, original, "original"),
    linkOf(input, url, "self", own),
    linkOf(input, gate, "timegate"),
    ...links,
  ];
  return `${all.join(",\n")}\n`;
}

/** Links to the checkpoints from one index to before another. */
function mementoLinks(input: TimeMapInput, from: number, until: number): readonly string[] {
  const last = input.checkpoints.length - 1;
  return input.checkpoints.slice(from, until).map((at, offset) => {
    const index = from + offset;
    const relation = `${index === 0 ? "first " : ""}${index === last ? "last " : ""}memento`;
    return linkOf(input, `${input.paths.base}${at}/`, relation, [`datetime="${httpDateOf(at)}"`]);
  });
}

function linkOf({ origin }: TimeMapInput, url: string, relation: string, attributes: readonly string[] = []): string {
  return [`<${origin}${url}>`, `rel="${relation}"`, ...attributes].join("; ");
}

/** The first and the last second of what a TimeMap lists. */
function spanOf(checkpoints: readonly Timestamp[]): readonly string[] {
  const [first] = checkpoints;
  const last = checkpoints.at(-1);
  return first === undefined || last === undefined
    ? []
    : [`from="${httpDateOf(first)}"`, `until="${httpDateOf(last)}"`];
}

/** Where each year begins and ends among the checkpoints. */
function yearsOf(checkpoints: readonly Timestamp[]): readonly { readonly from: number; readonly until: number }[] {
  const starts = checkpoints.flatMap((at, index) =>
    at.slice(0, 4) === checkpoints[index - 1]?.slice(0, 4) ? [] : [index],
  );
  return starts.map((from, index) => ({ from, until: starts[index + 1] ?? checkpoints.length }));
}
