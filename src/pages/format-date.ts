import { isoOf } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** One second in every spelling that a template may want, all UTC. */
export interface ShownTime {
  /** `20250130T203000Z`, as in URLs. */
  readonly stamp: string;
  /** `2025-01-30T20:30:00Z`, for `<time datetime>`. */
  readonly iso: string;
  /** `2025-01-30 20:30:00`, for people. */
  readonly date: string;
  /** `30-Jan-2025 20:30`, Pulp's and nginx's `%d-%b-%Y %H:%M` with English months. */
  readonly classic: string;
}

export function showTime(at: Timestamp): ShownTime {
  const iso = isoOf(at);
  return { stamp: at, iso, date: `${iso.slice(0, 10)} ${iso.slice(11, 19)}`, classic: classicDate(iso) };
}

export function showTimeIfAny(at: Timestamp | undefined): ShownTime | undefined {
  return at === undefined ? undefined : showTime(at);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function classicDate(iso: string): string {
  const month = months[Number(iso.slice(5, 7)) - 1] ?? "";
  return `${iso.slice(8, 10)}-${month}-${iso.slice(0, 4)} ${iso.slice(11, 16)}`;
}
