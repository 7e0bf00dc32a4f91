import { looksLikeTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** The URL of a directory, `base` itself or one below it: every segment percent-encoded, the query of `base` kept. */
export function directoryUrl(base: URL, ...segments: readonly string[]): URL {
  const url = new URL(base);
  url.pathname = base.pathname + segments.map((segment) => `${encodeURIComponent(segment)}/`).join("");
  return url;
}

/** Where a checkpoint is served, as the URL of a file in it: what manifest-location.ts reads. */
export function inCheckpoint(base: URL, second: Timestamp, name: string): URL {
  const url = directoryUrl(base, second);
  url.pathname += encodeURIComponent(name);
  return url;
}

/**
 * Why a redirect is not followed. Pulp sends a second without a checkpoint to the one before, with or without the file there: what comes from another second is never taken for
 * this one's. Storage elsewhere is where Pulp may well send us for a file.
 */
export function pulpRedirectProblem(base: URL): (asked: URL, target: URL) => string | undefined {
  return (asked, target) => {
    if (target.pathname === asked.pathname) return undefined;
    const other = secondsIn(target).find((second) => !secondsIn(asked).includes(second));
    if (other !== undefined) return `is redirected to another second (${other})`;
    const isBelow = target.host === base.host && target.pathname.startsWith(base.pathname);
    return isBelow ? "is redirected to another path of the distribution" : undefined;
  };
}

/** Pulp ignores what stands between a second and the next slash. */
function secondsIn({ pathname }: URL): readonly string[] {
  return pathname.split("/").flatMap((segment) => {
    const second = segment.slice(0, "YYYYMMDDTHHMMSSZ".length);
    return looksLikeTimestamp(second) ? [second] : [];
  });
}
