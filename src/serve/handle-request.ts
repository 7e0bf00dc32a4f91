import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

import { answerRequest } from "./answer.ts";
import type { FileAnswer, Redirect } from "./answer.ts";
import { contentPolicy } from "./content-policy.ts";
import { reloadScriptPath } from "./live-reload.ts";
import type { LiveReload } from "./live-reload.ts";
import { openInside } from "./open-inside.ts";
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
  return (request, response) => {
    answer(context, request, response).catch((error: unknown) => {
      // A reader who went away is no error of ours.
      if (response.destroyed) return;
      context.onError(error);
      if (response.headersSent) response.destroy();
      else sendText(request, response, 500);
    });
  };
}

async function answer(context: RequestContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const site = context.site();
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Security-Policy", contentPolicy(site.scriptHash));
  setCaching(response, "no-store");
  if (!context.isOurHost(request.headers.host)) {
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
  if (context.live?.answer(request, response) === true) return;

  const wanted = answerRequest(site, request.url ?? "", timestampFromSeconds(context.now()));
  switch (wanted.kind) {
    case "redirect":
      sendRedirect(request, response, wanted);
      return;
    case "refused":
      setCaching(response, wanted.caching);
      sendText(request, response, wanted.status);
      return;
    case "gone":
      setCaching(response, wanted.caching);
      await sendGone(context, request, response, await openInside(site.publicDir, wanted.page));
      return;
    case "file":
      await sendFound(context, request, response, wanted, await openInside(site.publicDir, wanted.file));
      return;
  }
}

async function sendFound(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  wanted: FileAnswer,
  found: OpenedFile | "directory" | undefined,
): Promise<void> {
  if (found === undefined) {
    sendText(request, response, 404);
    return;
  }
  if (found === "directory") {
    sendRedirect(request, response, wanted.slash);
    return;
  }
  setCaching(response, wanted.caching);
  if (wanted.openToOrigins) response.setHeader("Access-Control-Allow-Origin", "*");
  const decorated = context.live === undefined ? undefined : await decoratedPage(context.live, found);
  if (decorated === undefined) {
    await context.sendFile(request, response, found);
    return;
  }
  allowReloadScript(context, request, response);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  sendBytes(request, response, 200, decorated);
}

/** The page about a tombstone, or one line when there is none on disk. */
async function sendGone(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  found: OpenedFile | "directory" | undefined,
): Promise<void> {
  if (found === undefined || found === "directory") {
    sendText(request, response, 410, "This checkpoint was removed.");
    return;
  }
  try {
    const page = await found.handle.readFile();
    const decorated = context.live?.decorate(page);
    if (decorated !== undefined) allowReloadScript(context, request, response);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    sendBytes(request, response, 410, decorated ?? page);
  } finally {
    await found.handle.close();
  }
}

/**
 * The page with the reload script in it, its file closed; or undefined when the file is to be sent as it is. Such a page is made anew for every request and carries no ETag.
 */
async function decoratedPage(live: LiveReload, { handle, stats, name }: OpenedFile): Promise<Buffer | undefined> {
  if (!name.endsWith(".html") || stats.size > maxPageBytes) return undefined;
  let staysOpen = false;
  try {
    const page = Buffer.alloc(stats.size);
    // Read at a position of its own: whoever sends the file as it is starts from its beginning.
    const { bytesRead } = await handle.read(page, 0, page.length, 0);
    const decorated = live.decorate(page.subarray(0, bytesRead));
    staysOpen = decorated === undefined;
    return decorated;
  } finally {
    if (!staysOpen) await handle.close();
  }
}

/** Longer pages are sent as they are: they do not fit into memory twice without harm. */
const maxPageBytes = 32 * 1024 * 1024;

function allowReloadScript(context: RequestContext, request: IncomingMessage, response: ServerResponse): void {
  const script = `http://${request.headers.host ?? ""}${reloadScriptPath}`;
  response.setHeader("Content-Security-Policy", contentPolicy(context.site().scriptHash, script));
}

function sendRedirect(request: IncomingMessage, response: ServerResponse, redirect: Redirect): void {
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
