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
  return new LazyTime(at);
}

/** A list of 10,000 times is rendered by spelling each of them in the one way that its template wants. */
class LazyTime implements ShownTime {
  readonly stamp: Timestamp;
  constructor(stamp: Timestamp) {
    this.stamp = stamp;
  }
  get iso(): string {
    return isoOf(this.stamp);
  }
  get date(): string {
    return `${this.iso.slice(0, 10)} ${this.iso.slice(11, 19)}`;
  }
  get classic(): string {
    return classicDate(this.iso);
  }
}

export function showTimeIfAny(at: Timestamp | undefined): ShownTime | undefined {
  return at === undefined ? undefined : showTime(at);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function classicDate(iso: string): string {
  const month = months[Number(iso.slice(5, 7)) - 1] ?? "";
  return `${iso.slice(8, 10)}-${month}-${iso.slice(0, 4)} ${iso.slice(11, 16)}`;
}
