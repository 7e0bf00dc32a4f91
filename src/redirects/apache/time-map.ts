import { Failure } from "../../failure.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { boundariesOf, dayLists, openAnswer } from "../day-lists.ts";
import type { Boundary, DayList } from "../day-lists.ts";
import type { RulesRepository } from "../rules.ts";

/**
 * The lines of a text map for a repository, a key and a value each:
 *
 * - `NAME` tells its first and last boundary, the last one with its letter, the newest checkpoint, since when the newest ones are gone, and the oldest checkpoint, `-` where there is none:
 *   `20240101T000000,20250402T000000o,20250318T140338Z,-,20240101T000000Z`;
 * - `NAME:DIGITS` is the list of a century, year, month, day, hour or minute (DAY-LISTS.md): `20250318/T140338ZT080000g=20250317T235900Z`, an `@` before it where hours of a day or minutes
 *   of an hour have lists of their own: other days and hours need not be looked for.
 *
 * Letters: Z a checkpoint of settled answers, Y of answers that may be revised, g checkpoints that are gone; after the last settled second o (the newest is kept), x (it is gone), n (there
 * is none).
 */
export function timeMapLines({ name, timeline }: RulesRepository): readonly string[] {
  const open = openAnswer(timeline);
  const letterOf = ({ kind }: Boundary): string => {
    if (kind === "gone") return "g";
    if (kind === "checkpoint") return timeline.settled ? "Z" : "Y";
    return { checkpoint: "o", gone: "x", none: "n" }[open.kind];
  };
  const pack = (boundary: Boundary): string => boundary.at.slice(0, 15) + letterOf(boundary);

  const boundaries = boundariesOf(timeline);
  const [first] = boundaries;
  const last = boundaries.at(-1);
  if (first === undefined || last === undefined) return [];
  const kept = timeline.points.filter(({ kind }) => kind === "checkpoint");
  const newest: Timestamp | undefined = newestCheckpoint(timeline);
  const since = open.kind === "gone" ? open.at : undefined;
  const head = [first.at.slice(0, 15), pack(last), newest ?? "-", since ?? "-", kept[0]?.at ?? "-"].join(",");

  const lists = dayLists(timeline);
  const divided = new Set(lists.flatMap(({ prefix }) => (prefix.length > 8 ? [prefix.slice(0, -2)] : [])));
  return [
    `${name} ${head}`,
    ...newestFirst(lists).map(({ prefix, boundaries: items, before }) => {
      const skipped = prefix.length > 8 ? prefix.length + 1 : prefix.length;
      const beginning = items[0]?.at.slice(0, skipped) ?? "";
      const text = items.map((item) => pack(item).slice(skipped)).join("");
      const mark = divided.has(prefix) ? "@" : "";
      return line(`${name}:${prefix} ${mark}${beginning}/${text}=${before === undefined ? "" : pack(before)}`);
    }),
  ];
}

/** What is asked for most stands first, a list before those of its parts: the first look at a key reads the file from its beginning. */
function newestFirst(lists: readonly DayList[]): readonly DayList[] {
  return lists.toSorted((a, b) => Number(b.prefix.padEnd(12, "9")) - Number(a.prefix.padEnd(12, "9")));
}

/** Weekday (0 is Sunday) of the first day of each month of the years in which there are checkpoints, and of the year after the last one: `-202503 6`. */
export function monthLines(repositories: readonly RulesRepository[]): readonly string[] {
  const years = new Set(
    repositories.flatMap(({ timeline }) => timeline.points.map(({ at }) => Number(at.slice(0, 4)))),
  );
  const next = Math.max(...years) + 1;
  if (years.size > 0 && next <= 9999) years.add(next);
  return [...years]
    .toSorted((a, b) => a - b)
    .flatMap((year) =>
      Array.from({ length: 12 }, (_, month) => {
        const date = new Date(Date.UTC(2000, month, 1));
        date.setUTCFullYear(year);
        return `-${String(year).padStart(4, "0")}${String(month + 1).padStart(2, "0")} ${date.getUTCDay()}`;
      }),
    );
}

/** What the headers of Memento are put together from, whatever the history: `-6.18 Tue`, `-03 Mar`, `-Mar 03`. */
export function calendarLines(): readonly string[] {
  const days = Array.from({ length: 31 }, (_, index) => index + 1);
  return [
    ...months.flatMap((name, index) => [`-${two(index + 1)} ${name}`, `-${name} ${two(index + 1)}`]),
    ...weekdays.flatMap((_, first) =>
      days.map((day) => `-${first}.${two(day)} ${weekdays[(first + day - 1) % 7] ?? ""}`),
    ),
  ];
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Apache cuts longer lines of a text map (REWRITE_MAX_TXT_MAP_LINE), and would answer from half a list. */
function line(text: string): string {
  if (text.length <= 1_000) return text;
  throw new Failure("CONFIG", `a list of times is too long for Apache's text maps: ${text.slice(0, 60)}…`, {
    hint: "checkpoints of more than sixty different years of one century do not fit; leave apache out of servers",
  });
}
