/**
 * A second in UTC, spelled `20250318T140338Z`: the name of a checkpoint's directory and the only form that URLs take.
 * Pulp's `CHECKPOINT_TS_FORMAT`, read strictly. Timestamps compare as plain strings.
 */
export type Timestamp = string & { readonly [timestamp]: true };
declare const timestamp: unique symbol;

/** Anything shaped like a timestamp, real second or not: eight digits, `T`, six digits, `Z`. */
const shape = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** The timestamp that `text` spells, or undefined when it is not canonical or not a real second (month 13, Feb 30, second 60). */
export function parseTimestamp(text: string): Timestamp | undefined {
  return isTimestamp(text) ? text : undefined;
}

export function isTimestamp(text: string): text is Timestamp {
  const match = shape.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  );
}

export function looksLikeTimestamp(text: string): boolean {
  return shape.test(text);
}

/** The second that holds `seconds` since 1970 (fractions are cut, as Pulp cuts them). Throws RangeError outside the years 0 to 9999. */
export function timestampFromSeconds(seconds: number): Timestamp {
  const date = new Date(Math.floor(seconds) * 1000);
  const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString();
  const text = iso.replace(/[-:]|\.000/g, "");
  if (!isTimestamp(text)) throw new RangeError(`${seconds} seconds since 1970 cannot be written as a timestamp`);
  return text;
}

/** The first second that can be written. */
export const earliestSecond: Timestamp = timestampFromSeconds(-62_167_219_200);

/** Whole seconds since 1970-01-01T00:00:00Z. */
export function secondsOf(value: Timestamp): number {
  return Date.parse(isoOf(value)) / 1000;
}

/** `2025-03-18T14:03:38Z`, for `<time datetime>` and JSON. */
export function isoOf(value: Timestamp): string {
  return value.replace(shape, "$1-$2-$3T$4:$5:$6Z");
}

export function addSeconds(value: Timestamp, seconds: number): Timestamp {
  return timestampFromSeconds(secondsOf(value) + seconds);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
