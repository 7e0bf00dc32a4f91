import { unescape } from "node:querystring";
import type { Dispatcher } from "undici";
import { createAddressGuard } from "./http-address.ts";
import type { ResolveHost } from "./http-address.ts";
import { openAgent } from "./http-agent.ts";
import type { Environment } from "./http-agent.ts";
import { readBody } from "./http-body.ts";
import { describeCause, RequestError } from "./http-error.ts";
import { isRedirect, maxRedirects, redirectTarget } from "./http-redirect.ts";

/** How a remote's bytes are had; one request a call, without trying again. */
export interface Transport {
  /** Rejects with a `RequestError`, or with the signal's reason. `fresh` asks caches on the way not to answer by themselves. */
  get(url: URL, options: { readonly signal: AbortSignal; readonly fresh?: boolean }): Promise<RemoteContent>;
}

export interface RemoteContent {
  /** As announced; undefined when it is not. */
  readonly sizeBytes: number | undefined;
  /** A Content-Encoding other than identity. The body is never decoded. */
  readonly encoding: string | undefined;
  /** In lower case, without parameters. */
  readonly mediaType: string | undefined;
  /** The server's clock in seconds since 1970. */
  readonly serverSeconds: number | undefined;
  /** To be read once; ends in a `RequestError` when the connection breaks, stalls or drips. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up what was not read. Harmless when all was. */
  discard(): void;
}

export interface HttpOptions {
  /** No answer and no byte for so long ends a request. */
  readonly timeoutSeconds: number;
  readonly environment?: Environment;
  readonly resolve?: ResolveHost | undefined;
  /** Refuse redirects that leave the origin (scheme, host and port) of `home`. */
  readonly sameOrigin?: boolean;
}

/**
 * GET over http and https for one source. Only a 200 is content. Redirects are followed to http(s) addresses in the same kind of network as `home` or the
 * public one (see http-address.ts), never from https to http. User and password of `home` go to its own origin alone.
 */
export function openHttp(
  home: URL,
  { timeoutSeconds, environment = process.env, resolve, sameOrigin = false }: HttpOptions,
): Transport {
  const guard = createAddressGuard(home.hostname, resolve);
  const timeoutMs = Math.ceil(timeoutSeconds * 1000);
  let agent: Promise<Dispatcher> | undefined;

  async function send(url: URL, fresh: boolean, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    agent ??= openAgent({ environment, lookup: guard.lookup, timeoutSeconds });
    const dispatcher = await agent;
    const limit = headLimit(signal, timeoutMs);
    try {
      const response = await dispatcher.request({
        method: "GET",
        origin: url.origin,
        path: url.pathname + url.search,
        headers: {
          "accept-encoding": "identity",
          "user-agent": "asof",
          ...(fresh ? { "cache-control": "no-cache" } : {}),
          ...(url.origin === home.origin ? basicAuthorization(home) : {}),
        },
        signal: limit.signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      limit.headCame();
      response.body.once("close", limit.end);
      return response;
    } catch (error) {
      limit.end();
      throw requestError(error);
    }
  }

  return {
    async get(url, { signal, fresh = false }) {
      let target = url;
      for (let hops = 0; hops <= maxRedirects; hops++) {
        const response = await send(target, fresh, signal);
        if (response.statusCode === 200) return contentOf(response, timeoutSeconds);
        // Read a little, so that the connection can be used again.
        await response.body.dump({ limit: 16_384, signal });
        if (!isRedirect(response.statusCode)) throw statusError(response);
        target = redirectTarget(target, header(response, "location"));
        guard.assertHost(target.hostname);
        if (sameOrigin && target.origin !== home.origin) {
          throw new RequestError("SOURCE_REFUSED", `is redirected to another origin (${target.origin})`);
        }
      }
      throw new RequestError("SOURCE_REFUSED", `is redirected more than ${maxRedirects} times`);
    },
  };
}

/** A signal for one request: the caller's until the body has ended, and until the head has come also a time limit that no interim answer (103, 103, …) puts off, as each does undici's own. */
function headLimit(
  outer: AbortSignal,
  timeoutMs: number,
): { readonly signal: AbortSignal; headCame(): void; readonly end: () => void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer.reason);
  outer.addEventListener("abort", onAbort, { once: true });
  if (outer.aborted) onAbort();
  // Connecting has a limit of its own and comes first.
  const timer = setTimeout(() => {
    const reason = "no answer within the time limit";
    controller.abort(new RequestError("SOURCE_UNREACHABLE", reason, { transient: true }));
  }, timeoutMs * 2);
  const headCame = (): void => clearTimeout(timer);
  return {
    signal: controller.signal,
    headCame,
    end: () => {
      headCame();
      outer.removeEventListener("abort", onAbort);
    },
  };
}

function contentOf(response: Dispatcher.ResponseData, timeoutSeconds: number): RemoteContent {
  const { body } = response;
  // Destroying a body that nobody reads emits an error, and one without a listener ends the process.
  body.on("error", () => undefined);
  const length = header(response, "content-length");
  const sizeBytes = length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
  const encoding = header(response, "content-encoding")?.trim().toLowerCase();
  return {
    sizeBytes,
    encoding: encoding === "" || encoding === "identity" ? undefined : encoding,
    mediaType: header(response, "content-type")?.split(";")[0]?.trim().toLowerCase(),
    serverSeconds: serverSeconds(response),
    body: readBody(body, { announcedBytes: sizeBytes, timeoutSeconds }),
    discard: () => void body.destroy(),
  };
}

/** A cache passes on the `Date` at which the server made the answer and says in `Age` how many seconds ago that was (RFC 9111, 4.2.3). */
function serverSeconds(response: Dispatcher.ResponseData): number | undefined {
  const made = Date.parse(header(response, "date") ?? "") / 1000;
  const age = header(response, "age") ?? "";
  if (Number.isNaN(made)) return undefined;
  return made + (/^[0-9]{1,9}$/.test(age) ? Number(age) : 0);
}

function statusError(response: Dispatcher.ResponseData): RequestError {
  const status = response.statusCode;
  const hint = statusHints[status];
  return new RequestError("SOURCE_REFUSED", `the server answered ${status}`, {
    transient: status === 429 || status >= 500,
    status,
    retryAfterSeconds: retryAfterSeconds(response),
    ...(hint === undefined ? {} : { hint }),
  });
}

const statusHints: Readonly<Record<number, string>> = {
  401: "The source wants a user and password: https://USER:PASSWORD@HOST/...",
  403: "The source does not let us read this; check user, password and address.",
};

/** Seconds, or the date until which to wait, taken against the server's own clock. */
function retryAfterSeconds(response: Dispatcher.ResponseData): number | undefined {
  const value = header(response, "retry-after") ?? "";
  if (/^[0-9]{1,9}$/.test(value)) return Number(value);
  const seconds = Date.parse(value) / 1000 - (serverSeconds(response) ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : seconds;
}

function basicAuthorization(home: URL): { readonly authorization?: string } {
  if (home.username === "" && home.password === "") return {};
  const credentials = `${unescape(home.username)}:${unescape(home.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

function header(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Errors of sockets, TLS and DNS bear a code, those of the HTTP parser not always; wrong arguments, which are a bug, bear one too. Others pass unchanged. */
function requestError(error: unknown): unknown {
  if (error instanceof RequestError || !(error instanceof Error)) return error;
  if (error.name === "HTTPParserError") {
    return new RequestError("SOURCE_UNREACHABLE", "the answer is no HTTP", { transient: true, cause: error });
  }
  if (!("code" in error)) return error;
  if (error.message.includes("(407)")) {
    return new RequestError("SOURCE_REFUSED", "the proxy wants a user and password", {
      cause: error,
      hint: "Put them into the proxy's address: http://USER:PASSWORD@HOST:PORT.",
    });
  }
  if (typeof error.code !== "string" || error.code === "UND_ERR_INVALID_ARG") return error;
  return new RequestError("SOURCE_UNREACHABLE", describeCause(error), { transient: true, cause: error });
}
