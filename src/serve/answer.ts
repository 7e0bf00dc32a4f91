import type { PreviewSite } from "./preview-site.ts";
import { normalizeRawPath } from "../model/raw-path.ts";
import { resolveRequest, splitTarget } from "../model/resolve-request.ts";
import type { Answer, Caching } from "../model/resolve-request.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** What is to be sent for a request target. `file` and `page` are decoded paths below public/. */
export type PreviewAnswer =
  | Redirect
  | { readonly kind: "refused"; readonly status: 400 | 404; readonly caching: "no-store" }
  | { readonly kind: "gone"; readonly page: string; readonly caching: "no-cache" }
  | FileAnswer;

export interface FileAnswer {
  readonly kind: "file";
  /** With a slash at its end, or empty, it means that directory's `index.html`. */
  readonly file: string;
  readonly caching: Caching;
  /** JSON, which our pages read with their opaque origin: it carries `Access-Control-Allow-Origin: *`. */
  readonly openToOrigins: boolean;
  /** The answer when `file` turns out to be a directory and its slash is missing. */
  readonly slash: Redirect;
}

export type Redirect = Extract<Answer, { readonly kind: "redirect" }>;

/**
 * The answer to GET or HEAD of `target`, the raw request target with one character a byte. Below a checkpoint distribution it is `resolveRequest`; everything else is the
 * file of that name. What it says still depends on the disk in two points: whether the file is there, and whether it is a directory.
 */
export function answerRequest(site: PreviewSite, target: string, now: Timestamp): PreviewAnswer {
  const raw = splitTarget(target);
  const path = normalizeRawPath(raw.path);
  if (path === undefined) return refused(400);

  const distribution = site.distributions.find(({ base }) => `${path}/`.startsWith(base));
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
        return fileAnswer(site, raw, path, isPage(path) ? "no-cache" : "immutable");
      case "elsewhere":
        // The base path in another spelling: generated rules know it in its own alone.
        return refused(404);
      case "beside":
        break;
    }
  }

  if (path === "/" && site.mount !== "/") return redirectTo(site.mount);
  if (`${path}/` === site.mount) return slashOf(raw, path);
  if (!path.startsWith(site.mount)) return refused(404);
  return fileAnswer(site, raw, path, "no-cache");
}

const noCheckpoints = { points: [], horizon: undefined, settled: true } as const;

interface RawTarget {
  readonly path: string;
  readonly query: string;
}

function fileAnswer(site: PreviewSite, raw: RawTarget, path: string, caching: Caching): PreviewAnswer {
  const file = decodeUtf8(path.slice(site.mount.length));
  // Shared directories and publications have their own addresses; a second one would outlive a prune.
  if (file === undefined || /^_asof(?:\/(?!assets\/)|$)/.test(file)) return refused(404);
  return { kind: "file", file, caching, openToOrigins: path.endsWith(".json"), slash: slashOf(raw, path) };
}

function gonePage(site: PreviewSite, base: string, from: Timestamp): PreviewAnswer {
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

function refused(status: 400 | 404): PreviewAnswer {
  return { kind: "refused", status, caching: "no-store" };
}

/** The text that Latin-1 `bytes` spell in UTF-8, or undefined: no file has such a name. */
function decodeUtf8(bytes: string): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
