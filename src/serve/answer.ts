import type { PreviewDistribution, PreviewSite } from "./preview-site.ts";
import { httpDateOf, isTimeMap, mementoLink, originalLink, resolveTimeGate, timeMapType } from "../model/memento.ts";
import { hasControlOrSpace, normalizeRawPath } from "../model/raw-path.ts";
import { resolveRequest, splitTarget } from "../model/resolve-request.ts";
import type { Answer, Caching } from "../model/resolve-request.ts";
import { looksLikeTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** What is to be sent for a request target. */
export interface PreviewAnswer {
  readonly response: PlannedResponse;
  /** JSON, which our pages read with their opaque origin: whatever becomes of the request, it carries `Access-Control-Allow-Origin: *`. */
  readonly openToOrigins: boolean;
  /** Below a time: search engines are to find the list alone. */
  readonly hidden: boolean;
  /** Where other states of the same path are (RFC 7089). */
  readonly links?: MementoLinks | undefined;
  /** Whether the answer depends on `Accept-Datetime`: that of a TimeGate alone does. */
  readonly varies?: boolean;
}

export interface MementoLinks {
  /** Value of the `Link` header. */
  readonly link: string;
  /** Whether it goes with whatever becomes of the request, and not only with files that are found and redirects. */
  readonly always: boolean;
}

/** `file` and `page` are decoded paths below public/. */
export type PlannedResponse =
  | Redirect
  | { readonly kind: "refused"; readonly status: 400 | 404; readonly caching: "no-store" }
  | { readonly kind: "gone"; readonly page: string; readonly caching: "no-cache" }
  | FileResponse;

export interface FileResponse {
  readonly kind: "file";
  /** With a slash at its end, or empty, it means that directory's `index.html`. */
  readonly file: string;
  readonly caching: Caching;
  /** The answer when `file` turns out to be a directory and its slash is missing. */
  readonly slash: Redirect;
  /** Media type, where the name does not tell it. */
  readonly type?: string | undefined;
  /** The date of the checkpoint that the file is of, as `Memento-Datetime` has it. */
  readonly mementoDatetime?: string | undefined;
}

export type Redirect = Extract<Answer, { readonly kind: "redirect" }>;

/**
 * The answer to GET or HEAD of `target`, the raw request target with one character a byte, with the value of an `Accept-Datetime` header. Below a checkpoint distribution it is
 * `resolveRequest`, below its TimeGate `resolveTimeGate`; everything else is the file of that name. What it says still depends on the disk in two points: whether the file is there, and whether it is a directory.
 *
 * In two points it is not what generated rules say: assets are `no-cache`, so that a changed theme shows at once, and the folder of the assets is 404 where nginx says 403.
 */
export function answerRequest(
  site: PreviewSite,
  target: string,
  now: Timestamp,
  acceptDatetime?: string,
): PreviewAnswer {
  const raw = splitTarget(target);
  const path = normalizeRawPath(raw.path);
  if (path === undefined || hasControlOrSpace(raw.query)) {
    return { response: refused(400), openToOrigins: false, hidden: false };
  }
  const gate = answerGate(site, target, path, acceptDatetime);
  if (gate !== undefined) return gate;
  const distribution = site.distributions.find(({ base }) => `${path}/`.startsWith(base));
  const response = planResponse({ site, distribution, target, raw, path, now });
  return {
    response,
    openToOrigins: path.endsWith(".json") && response.kind !== "gone",
    hidden: distribution?.checkpoint === true && looksLikeTimestamp(path.slice(distribution.base.length).slice(0, 16)),
    links: linksOf(distribution, raw.path),
  };
}

/** What the TimeGate at this path answers; undefined where there is none. */
function answerGate(
  site: PreviewSite,
  target: string,
  path: string,
  acceptDatetime: string | undefined,
): PreviewAnswer | undefined {
  for (const { base, checkpoint, timeline = noCheckpoints, past } of site.distributions) {
    if (!checkpoint || past === undefined || !`${path}/`.startsWith(past.gate)) continue;
    const answer = resolveTimeGate({ base, timeline }, past.gate, target, acceptDatetime);
    const link = "rawPath" in answer && answer.rawPath !== undefined ? mementoLink(past, answer.rawPath) : undefined;
    return {
      response:
        answer.kind === "redirect" ? redirectTo(answer.location) : refused(answer.kind === "bad-request" ? 400 : 404),
      openToOrigins: path.endsWith(".json"),
      hidden: false,
      links: linksWith(link, true),
      varies: true,
    };
  }
  return undefined;
}

/** Below a time, or `latest`, the links of that; below a plain distribution those to its past. */
function linksOf(distribution: PreviewDistribution | undefined, rawPath: string): MementoLinks | undefined {
  if (distribution?.past === undefined || !rawPath.startsWith(distribution.base)) return undefined;
  const below = rawPath.slice(distribution.base.length);
  if (!distribution.checkpoint) return linksWith(originalLink(distribution.past, below), true);
  const name = below.split("/", 1)[0] ?? "";
  if (name !== "latest" && !looksLikeTimestamp(name)) return undefined;
  return linksWith(mementoLink(distribution.past, below.slice(name.length + 1)), false);
}

function linksWith(link: string | undefined, always: boolean): MementoLinks | undefined {
  return link === undefined ? undefined : { link, always };
}

function planResponse({
  site,
  distribution,
  target,
  raw,
  path,
  now,
}: {
  readonly site: PreviewSite;
  readonly distribution: PreviewDistribution | undefined;
  readonly target: string;
  readonly raw: RawTarget;
  readonly path: string;
  readonly now: Timestamp;
}): PlannedResponse {
  if (distribution?.checkpoint === true) {
    const timeline = distribution.timeline ?? noCheckpoints;
    const answer = resolveRequest({ base: distribution.base, timeline }, target, now);
    switch (answer.kind) {
      case "bad-request":
        return refused(400);
      case "missing":
        return refused(404);
      case "redirect":
        return answer;
      case "gone":
        return gonePage(site, distribution.base, answer.from);
      case "checkpoint":
        return fileResponse(site, raw, path, isPage(path) ? "no-cache" : "immutable", {
          mementoDatetime: httpDateOf(answer.checkpoint),
        });
      case "elsewhere":
        // The base path in another spelling: generated rules know it in its own alone.
        return refused(404);
      case "beside":
        if (isTimeMap(answer.path)) return fileResponse(site, raw, path, "no-cache", { type: timeMapType });
        break;
    }
  }

  if (path === "/" && site.mount !== "/") return redirectTo(site.mount);
  if (`${path}/` === site.mount) return slashOf(raw, path);
  if (!path.startsWith(site.mount)) return refused(404);
  return fileResponse(site, raw, path, "no-cache");
}

const noCheckpoints = { points: [], horizon: undefined, settled: true } as const;

interface RawTarget {
  readonly path: string;
  readonly query: string;
}

function fileResponse(
  site: PreviewSite,
  raw: RawTarget,
  path: string,
  caching: Caching,
  about: Pick<FileResponse, "type" | "mementoDatetime"> = {},
): PlannedResponse {
  const file = decodeUtf8(path.slice(site.mount.length));
  // Shared directories and publications have their own addresses; a second one would outlive a prune.
  if (file === undefined || /^_asof(?:\/(?!assets\/)|$)/.test(file)) return refused(404);
  return { kind: "file", file, caching, slash: slashOf(raw, path), ...about };
}

function gonePage(site: PreviewSite, base: string, from: Timestamp): PlannedResponse {
  return { kind: "gone", page: `${base.slice(site.mount.length)}_asof/gone/${from}.html`, caching: "no-cache" };
}

/** URLs that asof may write anew: listings, whoever made them. */
function isPage(path: string): boolean {
  return path.endsWith("/") || path.endsWith("/index.html");
}

/**
 * The same raw target with its slash. Browsers read `//x` and `/\x` at the start of a Location as a host, and `//evil.example/../sub` is a name of `/sub`: such a
 * target is answered with the path that it means.
 */
function slashOf(raw: RawTarget, path: string): Redirect {
  const rawPath = /^\/[/\\]/.test(raw.path) ? encodePath(path) : raw.path;
  return { kind: "redirect", status: 301, location: `${rawPath}/${raw.query}`, caching: "no-cache" };
}

function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9/._~!$&'()*+,;=:@-]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

function redirectTo(location: string): Redirect {
  return { kind: "redirect", status: 302, location, caching: "no-store" };
}

function refused(status: 400 | 404): PlannedResponse {
  return { kind: "refused", status, caching: "no-store" };
}

/** The text that Latin-1 `bytes` spell in UTF-8, or undefined: no file has such a name. */
function decodeUtf8(bytes: string): string | undefined {
  if (/^[ -~]*$/.test(bytes)) return bytes;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
