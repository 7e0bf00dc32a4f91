/**
 * A second in UTC, spelled `20250318T140338Z`: the name of a checkpoint's directory and the only form that URLs take.
 * Pulp's `CHECKPOINT_TS_FORMAT`, read strictly. Timestamps compare as plain strings.
 */
export type Timestamp = string & { readonly [timestamp]: true };
declare const timestamp: unique symbol;

/** The timestamp that `text` spells, or undefined when it is not canonical or not a real second (month 13, Feb 30, second 60). */
export function parseTimestamp(text: string): Timestamp | undefined {
  return isTimestamp(text) ? text : undefined;
}

export function isTimestamp(text: string): text is Timestamp {
  if (!looksLikeTimestamp(text)) return false;
  const month = twoDigits(text, 4);
  const day = twoDigits(text, 6);
  if (month < 1 || month > 12 || day < 1) return false;
  if (day > 28 && day > daysInMonth(twoDigits(text, 0) * 100 + twoDigits(text, 2), month)) return false;
  return twoDigits(text, 9) <= 23 && twoDigits(text, 11) <= 59 && twoDigits(text, 13) <= 59;
}

/** Anything shaped like a timestamp, real second or not: eight digits, `T`, six digits, `Z`. Every line of a log is asked, so no pattern is run. */
export function looksLikeTimestamp(text: string): boolean {
  if (text.length !== 16 || text[8] !== "T" || text[15] !== "Z") return false;
  for (let index = 0; index < 15; index++) {
    const unit = text.charCodeAt(index);
    if ((unit < 48 || unit > 57) && index !== 8) return false;
  }
  return true;
}

function twoDigits(text: string, index: number): number {
  return (text.charCodeAt(index) - 48) * 10 + text.charCodeAt(index + 1) - 48;
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
  const day = `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6, 8)}`;
  return `${day}T${value.slice(9, 11)}:${value.slice(11, 13)}:${value.slice(13, 15)}Z`;
}

export function addSeconds(value: Timestamp, seconds: number): Timestamp {
  return timestampFromSeconds(secondsOf(value) + seconds);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
