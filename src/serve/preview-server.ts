import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";

import { hostCheck, urlHost } from "./allowed-hosts.ts";
import { createRequestHandler } from "./handle-request.ts";
import { listen } from "./listen.ts";
import { openLiveReload } from "./live-reload.ts";
import type { LiveReload } from "./live-reload.ts";
import type { PreviewSite } from "./preview-site.ts";
import { loadFileSender } from "./send-file.ts";

export interface PreviewOptions {
  /** Asked for every request, so that a rebuilt site shows at once. */
  readonly site: () => PreviewSite;
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  /** Fail when the port is in use, where otherwise the next free one is taken. */
  readonly strictPort: boolean;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Whether pages of ours load themselves again after `reload()`. */
  readonly liveReload: boolean;
  /** Further names that a Host header may carry, without port. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** How long a client may take for the headers of a request; 20 seconds unless told otherwise. */
  readonly headersTimeoutMs?: number | undefined;
  /** Told what went wrong with a request that got a 500; the server goes on. */
  readonly onError: (error: unknown) => void;
}

/** A running server. Whoever starts it closes it. */
export interface PreviewServer extends AsyncDisposable {
  /** Where to look, the mount included. */
  readonly url: string;
  readonly port: number;
  /** Tells open pages to load themselves again. */
  reload(): void;
  /** Ends every connection, downloads under way included. */
  close(): Promise<void>;
}

/** Serves a site as the generated rules would. Throws a LOCAL_IO failure when the port cannot be had, and whatever `site` throws when it is asked for the first time. */
export async function startPreview(options: PreviewOptions): Promise<PreviewServer> {
  const { mount } = options.site();
  const { headersTimeoutMs: headersTimeout = limits.headersTimeout } = options;
  const sendFile = await loadFileSender();
  const isOurHost = hostCheck(options.host, options.allowedHosts ?? []);
  const live = options.liveReload ? openLiveReload() : undefined;
  const server = createServer(
    { ...limits, headersTimeout, connectionsCheckingInterval: Math.min(headersTimeout, 5_000) },
    createRequestHandler({ ...options, isOurHost, live, sendFile }),
  );
  server.maxConnections = 1000;
  server.setTimeout(120_000);
  let port;
  try {
    port = await listen(server, options);
  } catch (error) {
    live?.close();
    throw error;
  }

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeServer(server, live));
  return {
    url: `http://${urlHost(options.host)}:${port}${mount}`,
    port,
    reload: () => live?.reload(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Generous for people, too small to be worth an attack. */
const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 20_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
} as const;

async function closeServer(server: Server, live: LiveReload | undefined): Promise<void> {
  live?.close();
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
