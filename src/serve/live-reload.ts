import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { sendBytes, sendText } from "./send-text.ts";
import { splitTarget } from "../model/resolve-request.ts";

/** Tells open pages to load themselves again. One per server; whoever opens it closes it. */
export interface LiveReload {
  /** Answers the two addresses of live reload; false when the request is for another. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** A page with the reload script at its end. */
  decorate(html: Buffer): Buffer;
  reload(): void;
  close(): void;
}

/** Address of the script; the content policy of pages that carry it has to allow it. */
export const reloadScriptPath = "/_asof/reload.js";
const eventsPath = "/_asof/reload";

/** How many pages may listen at once. */
const maxListeners = 200;
const heartbeatMs = 25_000;

export function openLiveReload(): LiveReload {
  // Our pages are sandboxed, so their Origin is "null", which anybody can bring about. The key stands in the page, and a page of another origin cannot read it.
  const key = randomBytes(16).toString("hex");
  const listeners = new Set<ServerResponse>();
  let generation = 0;
  const heartbeat = setInterval(() => {
    for (const listener of listeners) listener.write(":\n\n");
  }, heartbeatMs);
  heartbeat.unref();

  function subscribe(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    if (!mayListen(request, query.get("key") === key)) {
      sendText(request, response, 403, "Only pages of this server may listen to its reload events.");
      return;
    }
    if (listeners.size >= maxListeners) {
      sendText(request, response, 503);
      return;
    }
    if (request.headers.origin === "null") response.setHeader("Access-Control-Allow-Origin", "null");
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    listeners.add(response);
    response.once("close", () => listeners.delete(response));
    response.write("retry: 1000\n\n");
    // A page that was rendered before the last reload and connects after it must not wait for the next one.
    if (Number(query.get("seen") ?? generation) < generation) response.write(reloadEvent);
  }

  return {
    answer(request, response) {
      const { path, query } = splitTarget(request.url ?? "");
      if (path === reloadScriptPath) {
        response.setHeader("Content-Type", "text/javascript; charset=utf-8");
        response.setHeader("Cache-Control", "no-cache");
        sendBytes(request, response, 200, Buffer.from(script));
        return true;
      }
      if (path !== eventsPath) return false;
      subscribe(request, response, new URLSearchParams(query));
      return true;
    },
    decorate(html) {
      const element = Buffer.from(`<script src="${reloadScriptPath}?key=${key}&amp;seen=${generation}"></script>\n`);
      const end = html.lastIndexOf("</body>");
      const at = end < 0 ? html.length : end;
      return Buffer.concat([html.subarray(0, at), element, html.subarray(at)]);
    },
    reload() {
      generation++;
      for (const listener of listeners) listener.write(reloadEvent);
    },
    close() {
      clearInterval(heartbeat);
      for (const listener of listeners) listener.end();
    },
  };
}

const reloadEvent = "event: reload\ndata:\n\n";

const script = `const events = new EventSource(document.currentScript.src.replace("${reloadScriptPath}", "${eventsPath}"));
events.addEventListener("reload", () => location.reload());
`;

/** Pages of this very server, programs that are no browser, and sandboxed pages that show the key. */
function mayListen(request: IncomingMessage, hasKey: boolean): boolean {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin === "null") return hasKey;
  if (origin !== undefined) return origin === `http://${host ?? ""}`;
  return site === undefined || site === "same-origin" || site === "none" || hasKey;
}
