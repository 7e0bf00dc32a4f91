import { addSeconds, parseTimestamp, timestampFromSeconds } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * The second that a text of a program states in its first line, or in a line `Date:` as apt's Release has one: `20240101T123000Z`, ISO 8601 or RFC 3339 with a zone (fractions are cut), a date alone (its
 * first second, UTC), seconds since 1970, or a date as in mail (RFC 5322). Undefined where it states none; a time of day without a zone is none.
 */
export function statedTime(text: string): Timestamp | undefined {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const field = [first, ...lines].find((line) => /^date:/i.test(line));
  return field === undefined ? timeIn(first.trim()) : timeIn(field.slice("date:".length).trim());
}

function timeIn(text: string): Timestamp | undefined {
  return parseTimestamp(text) ?? epochTime(text) ?? isoTime(text) ?? mailTime(text);
}

/** Ten digits and more are no date. */
function epochTime(text: string): Timestamp | undefined {
  const parts = /^@?(\d{9,12})(?:\.\d+)?$/.exec(text);
  return parts === null ? undefined : timestampFromSeconds(Number(parts[1]));
}

function isoTime(text: string): Timestamp | undefined {
  const date = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(text);
  if (date !== null) return parseTimestamp(`${date[1]}${date[2]}${date[3]}T000000Z`);
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,]\d+)? ?(Z|[+-]\d\d:?\d\d)$/i.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, zone = ""] = parts;
  return inZone(parseTimestamp(`${year}${month}${day}T${hour}${minute}${second}Z`), zone);
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function mailTime(text: string): Timestamp | undefined {
  const parts =
    /^(?:[a-z]{3}, *)?(\d{1,2}) +([a-z]{3}) +(\d{4}) +(\d{1,2}):(\d\d)(?::(\d\d))? +(UTC?|GMT|Z|[+-]\d{4})$/i.exec(
      text,
    );
  if (parts === null) return undefined;
  const [, day = "", name = "", year, hour = "", minute, second = "00", zone = ""] = parts;
  const month = String(months.indexOf(name.toLowerCase()) + 1).padStart(2, "0");
  const date = `${year}${month}${day.padStart(2, "0")}`;
  return inZone(parseTimestamp(`${date}T${hour.padStart(2, "0")}${minute}${second}Z`), zone);
}

/** What a clock of that zone shows, in UTC. */
function inZone(shown: Timestamp | undefined, zone: string): Timestamp | undefined {
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (shown === undefined || offset === null) return shown;
  const [, sign, hours, minutes] = offset;
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60;
  return addSeconds(shown, sign === "+" ? -ahead : ahead);
}
