import { unescape } from "node:querystring";
import type { Dispatcher } from "undici";
import type { HttpAccess } from "./http-access.ts";
import { createAddressGuard } from "./http-address.ts";
import type { ResolveHost } from "./http-address.ts";
import { openAgent, proxyUrl } from "./http-agent.ts";
import type { Environment } from "./http-agent.ts";
import { readBody, wholeBody } from "./http-body.ts";
import { describeCause, RequestError } from "./http-error.ts";
import { exchange } from "./http-exchange.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import { requestAhead } from "./http-pipeline.ts";
import type { PipelineOptions, SmallFile } from "./http-pipeline.ts";
import { isRedirect, maxRedirects, redirectTarget } from "./http-redirect.ts";

/** How a remote's bytes are had; one request a call, without trying again. */
export interface Transport {
  /** Rejects with a `RequestError`, or with the signal's reason. `fresh` asks caches on the way not to answer by themselves. */
  get(url: URL, options: GetOptions): Promise<RemoteContent>;
  /** Gets what it easily can of many small files from the origin of `home`, see `requestAhead`. Absent where every file needs a request of its own. */
  readonly getMany?:
    | (<File extends SmallFile>(files: Iterable<File>, options: ManyOptions<File>) => Promise<void>)
    | undefined;
}

export interface GetOptions {
  readonly signal: AbortSignal;
  readonly fresh?: boolean;
  /** The validator of an answer that is known: the same again is a `RequestError` of status 304. */
  readonly unless?: string | undefined;
}

export type ManyOptions<File extends SmallFile> = Pick<PipelineOptions<File>, "concurrency" | "signal" | "onBody">;

export interface RemoteContent {
  /** As announced; undefined when it is not. */
  readonly sizeBytes: number | undefined;
  /** A Content-Encoding other than identity. The body is never decoded. */
  readonly encoding: string | undefined;
  /** In lower case, without parameters. */
  readonly mediaType: string | undefined;
  /** The server's clock in seconds since 1970. */
  readonly serverSeconds: number | undefined;
  /** Of what else the server said about it, by name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** All bytes, where they are few and came at once; `body` gives the same. */
  readonly whole: Uint8Array | undefined;
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
  /** Why a redirect from what was asked for is not to be followed; undefined where it is. */
  readonly redirectProblem?: ((asked: URL, target: URL) => string | undefined) | undefined;
  /** What `home` wants to see before it answers. */
  readonly access?: HttpAccess | undefined;
}

/**
 * GET over http and https for one source. Only a 200 is content. Redirects are followed to http(s) addresses in the same kind of network as `home` or the
 * public one (see http-address.ts), never from https to http. User and password of `home`, headers and client certificate go to its own origin alone.
 */
export function openHttp(
  home: URL,
  {
    timeoutSeconds,
    environment = process.env,
    resolve,
    sameOrigin = false,
    redirectProblem = () => undefined,
    access = noAccess,
  }: HttpOptions,
): Transport {
  const guard = createAddressGuard(home.hostname, resolve);
  const homeHeaders = { ...ownHeaders, ...basicAuthorization(home), ...access.headers };
  let homeAgent: Promise<Dispatcher> | undefined;
  let otherAgent: Promise<Dispatcher> | undefined;

  /** Who is led elsewhere must not show a client certificate there. Without one, all connections are of one kind. */
  function agentFor(url: URL): Promise<Dispatcher> {
    const options = { environment, lookup: guard.lookup, timeoutSeconds };
    if (url.origin === home.origin || access === noAccess) {
      return (homeAgent ??= openAgent({ ...options, tls: access.tls }));
    }
    return (otherAgent ??= openAgent({ ...options, tls: access.otherTls }));
  }

  async function send(url: URL, { signal, fresh = false, unless }: GetOptions): Promise<HttpAnswer> {
    const dispatcher = await agentFor(url);
    const headers = {
      ...(url.origin === home.origin ? homeHeaders : ownHeaders),
      ...(fresh ? { "cache-control": "no-cache" } : {}),
      ...(unless === undefined ? {} : { "if-none-match": unless }),
    };
    try {
      const path = url.pathname + url.search;
      return await exchange(dispatcher, { origin: url.origin, path, headers, signal, timeoutSeconds });
    } catch (error) {
      throw requestError(error);
    }
  }

  return {
    async get(url, options) {
      let target = url;
      for (let hops = 0; hops <= maxRedirects; hops++) {
        const response = await send(target, options);
        if (response.status === 200) return contentOf(response, timeoutSeconds);
        if (!isRedirect(response.status)) throw statusError(response);
        target = redirectTarget(target, header(response, "location"));
        guard.assertHost(target.hostname);
        const problem = redirectProblem(url, target);
        if (problem !== undefined) {
          throw new RequestError("SOURCE_REFUSED", problem, { status: response.status });
        }
        if (sameOrigin && target.origin !== home.origin) {
          throw new RequestError("SOURCE_REFUSED", `is redirected to another origin (${target.origin})`);
        }
      }
      throw new RequestError("SOURCE_REFUSED", `is redirected more than ${maxRedirects} times`);
    },
    // A proxy is somebody else's server, and may be any.
    getMany:
      home.protocol !== "http:" || proxyUrl("http_proxy", environment) !== ""
        ? undefined
        : (files, options) =>
            requestAhead(files, {
              ...options,
              origin: home,
              headers: homeHeaders,
              lookup: guard.lookup,
              timeoutSeconds,
            }),
  };
}

const noAccess: HttpAccess = { headers: {}, tls: undefined, otherTls: undefined };

/** Of every request. */
export const ownHeaders = { "accept-encoding": "identity", "user-agent": "asof" } as const;

function contentOf(response: HttpAnswer, timeoutSeconds: number): RemoteContent {
  const { body, sizeBytes } = response;
  const encoding = header(response, "content-encoding")?.trim().toLowerCase();
  const about = {
    sizeBytes,
    encoding: encoding === "" || encoding === "identity" ? undefined : encoding,
    mediaType: header(response, "content-type")?.split(";")[0]?.trim().toLowerCase(),
    serverSeconds: serverSeconds(response),
    header: (name: string) => header(response, name),
  };
  if (body instanceof Uint8Array) return { ...about, ...wholeBody(body) };
  return {
    ...about,
    whole: undefined,
    body: readBody(body, { announcedBytes: sizeBytes, timeoutSeconds }),
    discard: () => void body.destroy(),
  };
}

/** A cache passes on the `Date` at which the server made the answer and says in `Age` how many seconds ago that was (RFC 9111, 4.2.3). */
function serverSeconds(response: Pick<HttpAnswer, "headers">): number | undefined {
  const made = Date.parse(header(response, "date") ?? "") / 1000;
  const age = header(response, "age") ?? "";
  if (Number.isNaN(made)) return undefined;
  return made + (/^[0-9]{1,9}$/.test(age) ? Number(age) : 0);
}

function statusError(response: HttpAnswer): RequestError {
  const status = response.status;
  const hint = statusHints[status];
  return new RequestError("SOURCE_REFUSED", `the server answered ${status}`, {
    transient: status === 429 || status >= 500,
    status,
    retryAfterSeconds: retryAfterSeconds(response),
    ...(hint === undefined ? {} : { hint }),
  });
}

const statusHints: Readonly<Record<number, string>> = {
  401: "The source wants a user and password: https://USER:PASSWORD@HOST/..., or user and password_file beside the url of a Pulp.",
  403: "The source does not let us read this; check user, password and address.",
};

/** Seconds, or the date until which to wait, taken against the server's own clock. */
export function retryAfterSeconds(response: Pick<HttpAnswer, "headers">): number | undefined {
  const value = header(response, "retry-after") ?? "";
  if (/^[0-9]{1,9}$/.test(value)) return Number(value);
  const seconds = Date.parse(value) / 1000 - (serverSeconds(response) ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : seconds;
}

export function basicAuthorization(home: URL): { readonly authorization?: string } {
  if (home.username === "" && home.password === "") return {};
  const credentials = `${unescape(home.username)}:${unescape(home.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

function header(response: Pick<HttpAnswer, "headers">, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Errors of sockets, TLS and DNS bear a code, those of the HTTP parser not always; wrong arguments, which are a bug, bear one too. Others pass unchanged. */
export function requestError(error: unknown): unknown {
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
