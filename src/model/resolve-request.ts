import { hasControlOrSpace, normalizeRawPath } from "./raw-path.ts";
import { neighboursOf, newestCheckpoint, pointAtOrBefore } from "./timeline.ts";
import type { Timeline } from "./timeline.ts";
import { looksLikeTimestamp, parseTimestamp } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/** A checkpoint distribution as requests see it. */
export interface RequestedDistribution {
  /** URL path of the distribution with slashes at both ends: `/checkpoints/myfile/`. */
  readonly base: string;
  readonly timeline: Timeline;
}

/** Caching that goes with an answer: `immutable` is `public, max-age=31536000, immutable`. */
export type Caching = "immutable" | "no-cache" | "no-store";

export type Answer =
  /** Not a request for this distribution. */
  | { readonly kind: "elsewhere" }
  /** A request target that no server accepts: a raw control character or space, an escape that is none, NUL, `..` above the root. */
  | { readonly kind: "bad-request" }
  /** The list of checkpoints, or a file beside the timestamps; `path` is decoded, below the base, "" for the list itself. */
  | { readonly kind: "beside"; readonly path: string }
  /** Exactly a kept checkpoint: files are served from it. `path` is decoded, below the checkpoint. */
  | { readonly kind: "checkpoint"; readonly checkpoint: Timestamp; readonly path: string }
  | { readonly kind: "redirect"; readonly status: 301 | 302; readonly location: string; readonly caching: Caching }
  | {
      readonly kind: "gone";
      /** The time of the tombstone, first of its run: the page about it is named by this. */
      readonly from: Timestamp;
      readonly older: Timestamp | undefined;
      readonly newer: Timestamp | undefined;
      readonly caching: "no-cache";
    }
  | { readonly kind: "missing"; readonly caching: "no-store" };

/**
 * The time contract: what a checkpoint distribution answers to a GET or HEAD. Every generated rule set is tested against this function.
 *
 * `requestTarget` is the raw target of the request line, as Latin-1 if it holds bytes above 0x7f; `now` is the server's clock.
 * A Location is always an absolute path and repeats the rest of the raw target byte for byte, query included. A timestamp counts only in its exact
 * raw spelling, and only if the raw and the normalised path agree on it (`/T/../T2/` is no request for T).
 */
export function resolveRequest(
  { base, timeline }: RequestedDistribution,
  requestTarget: string,
  now: Timestamp,
): Answer {
  const raw = splitTarget(requestTarget);
  const path = normalizeRawPath(raw.path);
  if (path === undefined || hasControlOrSpace(raw.query)) return { kind: "bad-request" };
  if (`${path}/` === base) {
    return raw.path === path ? slashRedirect(raw.path, raw.query) : { kind: "elsewhere" };
  }
  if (!path.startsWith(base)) return { kind: "elsewhere" };

  const below = path.slice(base.length);
  const name = firstSegment(below);
  const isTime = startsLikeTimestamp(below);
  if (!isTime && name !== "latest") return { kind: "beside", path: below };

  const rawBelow = raw.path.startsWith(base) ? raw.path.slice(base.length) : undefined;
  if (rawBelow === undefined || firstSegment(rawBelow) !== name) return missing;
  const rest = rawBelow.slice(name.length);

  if (name === "latest") {
    const newest = newestCheckpoint(timeline);
    return newest === undefined ? missing : redirect(302, base + newest, rest, raw.query, "no-store");
  }

  const at = parseTimestamp(name);
  if (at === undefined) return missing;
  const point = pointAtOrBefore(timeline, at);
  if (point === undefined) return missing;
  if (point.kind === "gone")
    return { kind: "gone", from: point.at, ...neighboursOf(timeline, at), caching: "no-cache" };
  if (point.at === at) {
    return rest === ""
      ? slashRedirect(raw.path, raw.query)
      : { kind: "checkpoint", checkpoint: at, path: below.slice(name.length + 1) };
  }
  if (timeline.horizon !== undefined && at <= timeline.horizon) {
    return redirect(301, base + point.at, rest, raw.query, timeline.settled ? "immutable" : "no-cache");
  }
  return at <= now ? redirect(302, base + point.at, rest, raw.query, "no-store") : missing;
}

const missing = { kind: "missing", caching: "no-store" } as const;

/** A directory asked for without its slash: one redirect to the same raw target with it. */
function slashRedirect(rawPath: string, query: string): Answer {
  return { kind: "redirect", status: 301, location: `${rawPath}/${query}`, caching: "no-cache" };
}

function redirect(status: 301 | 302, to: string, rest: string, query: string, caching: Caching): Answer {
  // A bare timestamp means the checkpoint's root: its slash is added here, so that it costs one hop and not two.
  return { kind: "redirect", status, location: `${to}${rest === "" ? "/" : rest}${query}`, caching };
}

/** The raw path and the raw query with its question mark ("" without one). */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark) };
}

function firstSegment(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? path : path.slice(0, slash);
}

/** Sixteen characters shaped like a timestamp, with or without junk behind them: `20250130T203000Zfoo` is a bad timestamp, not a file. */
function startsLikeTimestamp(path: string): boolean {
  return looksLikeTimestamp(path.slice(0, 16));
}
