import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

import { answerRequest } from "./answer.ts";
import type { FileResponse, MementoLinks, Redirect } from "./answer.ts";
import { contentPolicy } from "../model/content-policy.ts";
import { contentTypeOf } from "../model/content-type.ts";
import { inTurn } from "./in-turn.ts";
import { reloadScriptPath } from "./live-reload.ts";
import type { LiveReload } from "./live-reload.ts";
import { openInside, readBeginning } from "./open-inside.ts";
import type { OpenedFile } from "./open-inside.ts";
import type { PreviewSite } from "./preview-site.ts";
import type { SendFile } from "./send-file.ts";
import { sendBytes, sendText } from "./send-text.ts";
import type { Caching } from "../model/resolve-request.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";

/** What a request is answered from. */
export interface RequestContext {
  readonly site: () => PreviewSite;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly isOurHost: (header: string | undefined) => boolean;
  /** Undefined when pages are sent as they are on disk. */
  readonly live: LiveReload | undefined;
  readonly sendFile: SendFile;
  /** Told what went wrong with a request that got a 500. */
  readonly onError: (error: unknown) => void;
}

/** Carries out what `answerRequest` says, after the checks that no generated rule makes: Host, method, service worker. */
export function createRequestHandler(context: RequestContext): RequestListener {
  return inTurn((request, response) => {
    const exchange = { ...context, request, response };
    answer(exchange).catch((error: unknown) => {
      // A reader who went away is no error of ours.
      if (response.destroyed) return;
      context.onError(error);
      if (response.headersSent) response.destroy();
      else sendFailure(exchange);
    });
  });
}

interface Exchange extends RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, live } = exchange;
  const site = exchange.site();
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Security-Policy", contentPolicy(site.scriptHash));
  setCaching(response, "no-store");
  if (!exchange.isOurHost(request.headers.host)) {
    sendText(request, response, 403, "This preview does not answer under that name; allow it with --allowed-host.");
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    sendText(request, response, 405);
    return;
  }
  if (request.headers["service-worker"] === "script") {
    sendText(request, response, 403, "Mirrored files may not become service workers.");
    return;
  }
  if (live?.answer(request, response) === true) return;

  const wanted = answerRequest(
    site,
    request.url ?? "",
    timestampFromSeconds(exchange.now()),
    acceptDatetimeOf(request),
  );
  if (wanted.openToOrigins) response.setHeader("Access-Control-Allow-Origin", "*");
  if (wanted.hidden) response.setHeader("X-Robots-Tag", "noindex, nofollow");
  if (wanted.varies === true) response.setHeader("Vary", "accept-datetime");
  const { response: planned, links } = wanted;
  if (links !== undefined && (links.always || planned.kind === "redirect")) response.setHeader("Link", links.link);
  switch (planned.kind) {
    case "redirect":
      sendRedirect(exchange, planned);
      return;
    case "refused":
      setCaching(response, planned.caching);
      sendText(request, response, planned.status);
      return;
    case "gone":
      setCaching(response, planned.caching);
      sendGone(exchange, openInside(site.publicDir, planned.page));
      return;
    case "file":
      await sendFound(exchange, planned, links, openInside(site.publicDir, planned.file));
      return;
  }
}

async function sendFound(
  exchange: Exchange,
  planned: FileResponse,
  links: MementoLinks | undefined,
  found: OpenedFile | "directory" | undefined,
): Promise<void> {
  const { request, response, live } = exchange;
  if (found === undefined) {
    sendText(request, response, 404);
    return;
  }
  if (found === "directory") {
    if (links !== undefined) response.setHeader("Link", links.link);
    sendRedirect(exchange, planned.slash);
    return;
  }
  setCaching(response, planned.caching);
  const headers = {
    "Content-Type": planned.type ?? contentTypeOf(found.name),
    ...(links === undefined ? {} : { Link: links.link }),
    ...(planned.mementoDatetime === undefined ? {} : { "Memento-Datetime": planned.mementoDatetime }),
  };
  const decorated = live === undefined ? undefined : decoratedPage(exchange, live, found);
  if (decorated === undefined) {
    await exchange.sendFile(request, response, found, headers);
    return;
  }
  allowReloadScript(exchange);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendBytes(request, response, 200, decorated);
}

function acceptDatetimeOf({ headers }: IncomingMessage): string | undefined {
  const value = headers["accept-datetime"];
  return typeof value === "string" ? value : undefined;
}

/** The page about a tombstone, or one line when there is none on disk. */
function sendGone(exchange: Exchange, found: OpenedFile | "directory" | undefined): void {
  const { request, response, live } = exchange;
  if (found === undefined || found === "directory") {
    sendText(request, response, 410, "This checkpoint was removed.");
    return;
  }
  try {
    const page = readBeginning(found, found.stats.size);
    const decorated = live?.decorate(page);
    if (decorated !== undefined) allowReloadScript(exchange);
    response.setHeader("Content-Type", contentTypeOf(found.name));
    sendBytes(request, response, 410, decorated ?? page);
  } finally {
    closeSync(found.descriptor);
  }
}

/**
 * The page with the reload script in it, its file closed; or undefined when the file is no page of asof's and is to be sent as it is. A decorated page is made anew for every request and
 * carries no ETag.
 */
function decoratedPage({ site }: RequestContext, live: LiveReload, found: OpenedFile): Buffer | undefined {
  if (found.name !== "index.html" || found.stats.size > maxPageBytes) return undefined;
  let staysOpen = false;
  try {
    const page = readBeginning(found, found.stats.size);
    staysOpen = site().isContent(createHash("sha256").update(page).digest("hex"));
    return staysOpen ? undefined : live.decorate(page);
  } finally {
    if (!staysOpen) closeSync(found.descriptor);
  }
}

/** Longer pages are sent as they are: they do not fit into memory twice without harm. */
const maxPageBytes = 32 * 1024 * 1024;

function allowReloadScript({ request, response, site }: Exchange): void {
  const script = `http://${request.headers.host ?? ""}${reloadScriptPath}`;
  response.setHeader("Content-Security-Policy", contentPolicy(site().scriptHash, script));
}

/** What was said of the file that could not be read must not be said of the failure: it would be kept for ever. */
function sendFailure({ request, response }: Exchange): void {
  for (const name of ["ETag", "Last-Modified", "Content-Range", "Memento-Datetime"]) response.removeHeader(name);
  setCaching(response, "no-store");
  sendText(request, response, 500);
}

function sendRedirect({ request, response }: Exchange, redirect: Redirect): void {
  setCaching(response, redirect.caching);
  response.setHeader("Location", redirect.location);
  sendText(request, response, redirect.status);
}

function setCaching(response: ServerResponse, caching: Caching): void {
  response.setHeader("Cache-Control", cacheControl[caching]);
}

const cacheControl = {
  immutable: "public, max-age=31536000, immutable",
  "no-cache": "no-cache",
  "no-store": "no-store",
} as const satisfies Record<Caching, string>;
