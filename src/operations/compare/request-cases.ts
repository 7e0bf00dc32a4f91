import type { Timestamp } from "../../model/timestamp.ts";

/** What a request is about, in two words at most: `between/file`. */
export type RequestCase = string;

/** One request, made of both servers. */
export interface PlannedRequest {
  readonly about: RequestCase;
  readonly method: "GET" | "HEAD" | "POST";
  /** What stands behind a server's base path without its slash, byte for byte: `/` is the list of checkpoints. */
  readonly target: string;
}

/** Where a time lies. Exactly one is true of each. */
export type TimeCase = "exact" | "before-first" | "between" | "after-last" | "future";

export interface KnownTimes {
  /** Checkpoints that any of the two servers lists, in order. */
  readonly times: readonly Timestamp[];
  readonly isTime: ReadonlySet<Timestamp>;
  /** A second that has passed on both servers. */
  readonly now: Timestamp;
}

export function timeCase(at: Timestamp, { times, isTime, now }: KnownTimes): TimeCase {
  if (isTime.has(at)) return "exact";
  if (at > now) return "future";
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || at < first) return "before-first";
  return at > last ? "after-last" : "between";
}

/** Spellings that are no time in the one form that counts, and no second of any calendar. */
export const badTimes: readonly string[] = [
  "20250130t203000z",
  "20250130T203000z",
  "20250130T203000",
  "20250130203000Z",
  "20250130",
  "20250130T2030Z",
  "20250130T20300Z",
  "20250130T2030000Z",
  "2025130T203000Z",
  "202501300T203000Z",
  "2025-01-30T20:30:00Z",
  "20250130T203000+0000",
  "20250130T203000.5Z",
  "20250030T203000Z",
  "20251330T203000Z",
  "20250100T203000Z",
  "20250132T203000Z",
  "20250230T203000Z",
  "20250431T203000Z",
  "20250229T203000Z",
  "20250130T243000Z",
  "20250130T206000Z",
  "20250130T203060Z",
  "20250130T203061Z",
  "20250130T203062Z",
  "00000130T203000Z",
  "%2020250130T203000Z",
  "x20250130T203000Z",
  "%D9%A2%D9%A0250130T203000Z",
  "invalid_ts",
  "20259928T092752Z",
  "99990115T181699Z",
];

/** Names that a distribution of checkpoints has nothing under. */
export const otherNames: readonly string[] = [
  "PULP_MANIFEST",
  "index.html",
  "favicon.ico",
  "asof-compare-nothing",
  "asof-compare-nothing/more",
];
