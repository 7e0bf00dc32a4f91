/** Parts of an nginx `map` from a second to a date, for the inside of double quotes. */
export interface HttpDatePattern {
  /** What stands behind the second and a colon in the text that is matched: months and days to choose from. */
  readonly tables: string;
  /** The regular expression, extended syntax, a line for each step. */
  readonly lines: readonly string[];
  readonly value: string;
}

/**
 * The date of HTTP, `Tue, 18 Mar 2025 14:03:38 GMT`, for `20250318T140338Z` and any other second, in one regular expression: nginx can neither add nor divide, and a table of days would
 * grow. `weekday` is the name of a variable that the match sets.
 *
 * The day of the week is a sum modulo seven of a number each for the century, the year in it, the month and the day (Conway's doomsday rule). Every number but nought has a group, and where the
 * group took part, that many days are skipped in a table that goes round often enough; the next one is the day.
 */
export function httpDatePattern(weekday: string): HttpDatePattern {
  // Groups 1 to 7 are those of the value.
  let groups = 7;
  const skips: string[] = [];
  const summand = (terms: readonly Term[]): string => {
    const alternatives = terms.map(({ pattern, days }) => {
      if (days === 0) return pattern;
      groups++;
      skips.push(`(?(${groups}).{${3 * days}})`);
      return `(${pattern})`;
    });
    return `(?: ${alternatives.join(" | ")} )`;
  };
  return {
    tables: `${monthNames.map((name, index) => twoDigits(index + 1) + name).join("")}:${dayNames.join("").repeat(4)}`,
    lines: [
      String.raw`^ (?= (\d{4}) (\d\d) (\d\d) T (\d\d) (\d\d) (\d\d) Z: (?:.{5})*? \2 ([A-Z]..) )`,
      ...[centuries, years, months, days].map((terms) => summand(terms)),
      `.{8} : .{60} : ${skips.join("")} (?<${weekday}>...)`,
    ],
    value: `$${weekday}, $3 $7 $1 $4:$5:$6 GMT`,
  };
}

/** Digits that add a number of days. */
interface Term {
  readonly pattern: string;
  readonly days: number;
}

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The first two digits of years that 4 divides, and years that it divides and 100 does not. */
const fourth = "[02468][048]|[13579][26]";
const leapYear = String.raw`(?:${fourth})00|\d\d(?:0[48]|[2468][048]|[13579][26])`;

const centuries: readonly Term[] = [
  { pattern: fourth, days: 2 },
  { pattern: "[02468][159]|[13579][37]", days: 0 },
  { pattern: "[02468][26]|[13579][048]", days: 5 },
  { pattern: "[02468][37]|[13579][159]", days: 3 },
];

const years: readonly Term[] = byRemainder(0, 99, (year) => year + Math.floor(year / 4));

const months: readonly Term[] = [
  { pattern: `(?<=${leapYear})01|04|07`, days: 3 },
  { pattern: `(?<=${leapYear})02|08`, days: 6 },
  { pattern: "01|10", days: 4 },
  { pattern: "02|03|11", days: 0 },
  { pattern: "05", days: 5 },
  { pattern: "06", days: 1 },
  { pattern: "09|12", days: 2 },
];

const days: readonly Term[] = byRemainder(1, 31, (day) => day);

function byRemainder(first: number, last: number, count: (value: number) => number): readonly Term[] {
  const values = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return [0, 1, 2, 3, 4, 5, 6].map((remainder) => ({
    days: remainder,
    pattern: values
      .filter((value) => count(value) % 7 === remainder)
      .map((value) => twoDigits(value))
      .join("|"),
  }));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
