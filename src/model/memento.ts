import { hasControlOrSpace, normalizeRawPath } from "./raw-path.ts";
import { splitTarget } from "./resolve-request.ts";
import type { RequestedDistribution } from "./resolve-request.ts";
import { newestCheckpoint, pointAtOrBefore } from "./timeline.ts";
import { parseTimestamp, secondsOf } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * Memento (RFC 7089): the same history for clients that ask by a header. A checkpoint distribution has a TimeGate, `<mount>_asof/timegate/<base path>/…`, which answers
 * `Accept-Datetime` with a redirect to a checkpoint, and a TimeMap, `<base path>/timemap`, which lists them. Pattern 2.1 of the standard: no other address varies by that header, so
 * that caches in front of the mirror keep one copy of everything.
 */
export interface MementoPaths {
  /** URL path of the checkpoint distribution, slashes at both ends. */
  readonly base: string;
  /** URL path of its TimeGate, slashes at both ends. */
  readonly gate: string;
  /** URL path of its TimeMap. */
  readonly map: string;
  /**
   * URL path, slashes at both ends, of what the checkpoints are states of: the plain distribution of the same repository whose base path sorts first, else `<base path>/latest/`.
   */
  readonly original: string;
}

/** The addresses of a checkpoint distribution. `plainBases` are base paths of plain distributions of the same repository. */
export function mementoPaths(mount: string, basePath: string, plainBases: readonly string[]): MementoPaths {
  const base = `${mount}${basePath}/`;
  const [plain] = plainBases.toSorted();
  return {
    base,
    gate: `${mount}_asof/timegate/${basePath}/`,
    map: `${base}timemap`,
    original: plain === undefined ? `${base}latest/` : `${mount}${plain}/`,
  };
}

/** What `mementoPathsOf` needs to know of a distribution. */
export interface MementoDistribution {
  readonly basePath: string;
  readonly repository: string;
  readonly checkpoint: boolean;
}

/**
 * The addresses that belong to each base path: of a checkpoint distribution its own, of a plain one those of the checkpoint distribution of its repository whose base path sorts first. A
 * plain distribution without any has no past and is left out.
 */
export function mementoPathsOf(
  mount: string,
  distributions: readonly MementoDistribution[],
): ReadonlyMap<string, MementoPaths> {
  const basesOf = (repository: string, checkpoint: boolean): readonly string[] =>
    distributions
      .filter((one) => one.repository === repository && one.checkpoint === checkpoint)
      .map((one) => one.basePath)
      .toSorted();
  const found = new Map<string, MementoPaths>();
  for (const { basePath, repository, checkpoint } of distributions) {
    const past = checkpoint ? basePath : basesOf(repository, true)[0];
    if (past !== undefined) found.set(basePath, mementoPaths(mount, past, basesOf(repository, false)));
  }
  return found;
}

/**
 * The `Link` header of an answer below a time or below the TimeGate: of checkpoints that are served, of redirects between times, and of every answer of the TimeGate. `rawPath` is the raw path
 * behind the time or the gate, without the slash that it begins with and without a query. Undefined when it holds one of `<`, `>`, `"`: the request would write links of its own
 * into the header.
 */
export function mementoLink({ gate, map, original }: MementoPaths, rawPath: string): string | undefined {
  if (/[<>"]/.test(rawPath)) return undefined;
  return `<${original}${rawPath}>; rel="original", <${gate}${rawPath}>; rel="timegate", ${timeMapLink(map)}`;
}

/** The `Link` header of a plain distribution, whatever the status: where its past is. */
export function originalLink({ gate, map }: MementoPaths, rawPath: string): string | undefined {
  return /[<>"]/.test(rawPath) ? undefined : `<${gate}${rawPath}>; rel="timegate", ${timeMapLink(map)}`;
}

function timeMapLink(map: string): string {
  return `<${map}>; rel="timemap"; type="${timeMapType}"`;
}

/** The media type of TimeMaps, which have no extension that would tell it. */
export const timeMapType = "application/link-format";

/** Whether a decoded path below the base of a checkpoint distribution is that of its TimeMap, or of the TimeMap of one of its years. */
export function isTimeMap(below: string): boolean {
  return /^(?:timemap|_asof\/timemap\/\d+)$/.test(below);
}

export type TimeGateAnswer =
  /** Not a request for this TimeGate. */
  | { readonly kind: "elsewhere" }
  /** 400: a request target that no server accepts. */
  | { readonly kind: "bad-request"; readonly rawPath?: undefined }
  /** 400, `no-store`: an Accept-Datetime that is none, with the headers of every other answer of the gate. */
  | { readonly kind: "bad-request"; readonly rawPath: string }
  /** 404, `no-store`: nothing is kept, or the raw and the normalised path do not agree. */
  | { readonly kind: "missing" }
  /** 302, `no-store`. */
  | { readonly kind: "redirect"; readonly location: string; readonly rawPath: string };

/**
 * What the TimeGate answers to a GET or HEAD, always with `Vary: accept-datetime`. `acceptDatetime` is the header's value, undefined or empty when there is none: that means the newest
 * checkpoint.
 *
 * A time earlier than the first checkpoint means the first one that is kept and a time after the last one the newest, where paths answer 404 (RFC 7089, 4.5.3). A time whose checkpoint is a tombstone
 * leads to that checkpoint's own address, which answers 410 and names its neighbours.
 */
export function resolveTimeGate(
  { base, timeline }: RequestedDistribution,
  gate: string,
  requestTarget: string,
  acceptDatetime: string | undefined,
): TimeGateAnswer {
  const raw = splitTarget(requestTarget);
  const path = normalizeRawPath(raw.path);
  if (path === undefined || hasControlOrSpace(raw.query)) return { kind: "bad-request" };
  if (!`${path}/`.startsWith(gate)) return { kind: "elsewhere" };
  if (!`${raw.path}/`.startsWith(gate)) return { kind: "missing" };
  const rawPath = raw.path.slice(gate.length);

  const wanted = acceptDatetime === undefined || acceptDatetime === "" ? "newest" : parseHttpDate(acceptDatetime);
  if (wanted === undefined) return { kind: "bad-request", rawPath };
  const at =
    wanted === "newest"
      ? newestCheckpoint(timeline)
      : (pointAtOrBefore(timeline, wanted)?.at ?? timeline.points.find(({ kind }) => kind === "checkpoint")?.at);
  return at === undefined
    ? { kind: "missing" }
    : { kind: "redirect", location: `${base}${at}/${rawPath}${raw.query}`, rawPath };
}

/** `Tue, 18 Mar 2025 14:03:38 GMT`: the form of RFC 1123 that RFC 7089 asks for, as `Memento-Datetime` has it. */
export function httpDateOf(at: Timestamp): string {
  return new Date(secondsOf(at) * 1000).toUTCString();
}

/**
 * The second that an `Accept-Datetime` means, or undefined: the form of RFC 1123 alone, in its exact letters, of a real second. The day of the week must be one, and is not compared with the
 * date: the languages of web servers cannot.
 */
export function parseHttpDate(text: string): Timestamp | undefined {
  const match = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text);
  if (match === null) return undefined;
  const [, day = "", month = "", year = "", hour = "", minute = "", second = ""] = match;
  const index = months.indexOf(month);
  if (index < 0) return undefined;
  return parseTimestamp(`${year}${String(index + 1).padStart(2, "0")}${day}T${hour}${minute}${second}Z`);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
