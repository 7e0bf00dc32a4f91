import { monthNames } from "./checkpoint-rows.ts";
import type { CheckpointRow } from "./views.ts";

/** What `calendar.eta` finds in `it`: one year, a line for each month and a column for each day. */
export interface CalendarYear {
  readonly year: string;
  /** In words, for those who do not see it. */
  readonly summary: string;
  readonly width: number;
  readonly height: number;
  /** Numbers above the columns. */
  readonly columns: readonly { readonly x: number; readonly text: number }[];
  readonly months: readonly CalendarMonth[];
}

interface CalendarMonth {
  /** `Jan` */
  readonly name: string;
  readonly y: number;
  /** Where the row of its days begins and ends. */
  readonly from: number;
  readonly until: number;
  readonly days: readonly CalendarDay[];
}

interface CalendarDay {
  readonly x: number;
  /** The last checkpoint of that day; "" where all of them are gone. */
  readonly href: string;
  /** 0 to 4 for how much changed on that day, in powers of ten; `gone` where nothing is left. */
  readonly shade: 0 | 1 | 2 | 3 | 4 | "gone";
  /** `30 Jan: 2 checkpoints, 15 changes` */
  readonly title: string;
}

/**
 * The calendar of the year of `rows`, of which there is at least one; `up` leads from the page to the distribution. The steps of the shade are fixed, so that the calendar of a year stays as it is when
 * later years bring larger changes; and the size of a cell is what a finger hits.
 */
export function calendarYear(rows: readonly CheckpointRow[], up: string): CalendarYear {
  const year = rows[0]?.at.slice(0, "YYYY".length) ?? "";
  const kept = rows.filter(({ kind }) => kind === "checkpoint");
  const byDay = new Map<string, CheckpointRow[]>();
  for (const row of rows) {
    const day = row.at.slice("YYYY".length, "YYYYMMDD".length);
    const found = byDay.get(day);
    if (found === undefined) byDay.set(day, [row]);
    else found.push(row);
  }
  const days = new Set(kept.map(({ at }) => at.slice(0, "YYYYMMDD".length))).size;
  return {
    year,
    summary: `Calendar of ${year}: ${count(kept.length, "checkpoint")} on ${count(days, "day")}. The list below has all of them.`,
    width: monthWidth + 31 * step,
    height: headHeight + 12 * step,
    columns: [1, 5, 10, 15, 20, 25, 30].map((text) => ({ x: dayX(text) + cell / 2, text })),
    months: monthNames.map((name, index) => ({
      name: name.slice(0, 3),
      y: headHeight + index * step,
      from: monthWidth,
      until: monthWidth + daysIn(Number(year), index + 1) * step - gap,
      days: [...byDay]
        .filter(([day]) => Number(day.slice(0, 2)) === index + 1)
        .map(([day, ofDay]) => calendarDay(Number(day.slice(2)), name.slice(0, 3), ofDay, up)),
    })),
  };
}

function calendarDay(day: number, month: string, rows: readonly CheckpointRow[], up: string): CalendarDay {
  const kept = rows.filter(({ kind }) => kind === "checkpoint");
  const last = kept.at(-1);
  const x = dayX(day);
  if (last === undefined) return { x, href: "", shade: "gone", title: `${day} ${month}: gone` };
  const changes = kept.reduce((sum, { added, removed, changed }) => sum + added + removed + changed, 0);
  const several = kept.length === 1 ? "" : `${kept.length} checkpoints, `;
  const title = `${day} ${month}: ${several}${count(changes, "change")}`;
  return { x, href: `${up}${last.at}/`, shade: shadeOf(changes), title };
}

function shadeOf(changes: number): CalendarDay["shade"] {
  if (changes === 0) return 0;
  if (changes < 10) return 1;
  if (changes < 100) return 2;
  return changes < 1000 ? 3 : 4;
}

/** In CSS pixels: with the gap a cell is 24 wide, which WCAG 2.2 asks of what is to be hit. */
const cell = 20;
const gap = 4;
const step = cell + gap;
const monthWidth = 40;
const headHeight = 24;

function dayX(day: number): number {
  return monthWidth + (day - 1) * step;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function count(number: number, noun: string): string {
  return `${number === 0 ? "no" : number} ${noun}${number === 1 ? "" : "s"}`;
}
