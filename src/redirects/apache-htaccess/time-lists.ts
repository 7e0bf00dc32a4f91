import type { Timeline } from "../../model/timeline.ts";

/** One list of boundaries, which a directory of its own holds: the digits of its prefix, two by two, are the way to it. */
export interface TimeList {
  /** The first 0, 2, 4 … 12 digits of every second that the list is about. */
  readonly prefix: string;
  /**
   * `PREFIX`, then for each century, year, month, day, hour, minute or second that can follow it, the last one first, a slash, its two digits and what begins in it, the newest first:
   * the digits that are left and a letter. `Z` is a checkpoint, `g` checkpoints that are gone, `o` the newest checkpoint when the list was written. A colon in place of the slash says
   * that a list of its own tells about it, and only the last item stands here, or `u` where the newest of all is in it. At the end `=` and the last one before the prefix.
   */
  readonly text: string;
}

/** What one regular expression steps through for each digit of the second asked for. */
const longestSection = 100;
/** Apache refuses to read a line of 8 KiB, the directive around the list included. */
const longestText = 7_900;

/**
 * The lists of a timeline, those of parts before the list that they are part of. None of them says where the open interval begins, nor does a list name the newest boundary of all where a
 * part has it: one more checkpoint changes the one list that it is in.
 */
export function timeLists({ points }: Timeline): readonly TimeList[] {
  const digits = points.map(({ at }) => at.slice(0, 8) + at.slice(9, 15));
  const newest = points.length - 1;
  const lists: TimeList[] = [];
  addList("", 0, points.length);
  return lists;

  function addList(prefix: string, start: number, end: number): void {
    const known = prefix.length + 2;
    const parts = partsOf(known, start, end);
    const own = ownLists(parts, 15 - known);
    for (const part of parts) if (own.has(part)) addList(prefix + part.name, part.start, part.end);
    const sections = new Map(parts.map((part) => [part.name, sectionOf(part, own.has(part), known)]));
    const text = unitsBelow(prefix.length).map((name) => sections.get(name) ?? `/${name}`);
    lists.push({ prefix, text: `${prefix}${text.join("")}=${start === 0 ? "" : itemsOf(start - 1, start, 0)}` });
  }

  /** Runs of points that agree on their first `known` digits. */
  function partsOf(known: number, start: number, end: number): readonly Part[] {
    const parts: Part[] = [];
    for (let from = start, index = start + 1; index <= end; index++) {
      const part = digits[from]?.slice(0, known) ?? "";
      if (index < end && digits[index]?.startsWith(part) === true) continue;
      parts.push({ name: part.slice(-2), start: from, end: index });
      from = index;
    }
    return parts;
  }

  function sectionOf({ name, start, end }: Part, hasOwnList: boolean, known: number): string {
    if (!hasOwnList) return `/${name}${itemsOf(start, end, known)}`;
    return `:${name}${end > newest ? "u" : itemsOf(end - 1, end, known)}`;
  }

  /** The points from `start` to `end`, the newest first, without their first `known` digits. */
  function itemsOf(start: number, end: number, known: number): string {
    let text = "";
    for (let index = end - 1; index >= start; index--) {
      const letter = points[index]?.kind === "gone" ? "g" : index === newest ? "o" : "Z";
      text += (digits[index]?.slice(known) ?? "") + letter;
    }
    return text;
  }
}

/** A century, year, month, day, hour, minute or second with something in it: its two digits, and where its points are. */
interface Part {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The parts that get lists of their own, the largest first: those too long to be searched at once, and as many more as make the list that is left fit into a line. */
function ownLists(parts: readonly Part[], itemLength: number): ReadonlySet<Part> {
  const own = new Set<Part>();
  let length = 400 + itemLength * parts.reduce((sum, { start, end }) => sum + end - start, 0);
  for (const part of parts.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    const size = part.end - part.start;
    if (size === 1 || (size <= longestSection && length <= longestText)) break;
    own.add(part);
    length -= itemLength * (size - 1);
  }
  return own;
}

/** The last one first: centuries and years 99 to 00, months 12 to 01, days 31 to 01, hours 23 to 00, minutes and seconds 59 to 00. */
function unitsBelow(digits: number): readonly string[] {
  const [first, last] = ranges[digits] ?? [0, 59];
  return Array.from({ length: last - first + 1 }, (_, index) => String(last - index).padStart(2, "0"));
}

const ranges: Readonly<Record<number, readonly [number, number]>> = {
  0: [0, 99],
  2: [0, 99],
  4: [1, 12],
  6: [1, 31],
  8: [0, 23],
};
