import { createHash } from "node:crypto";
import { createAddressGuard } from "./http-address.ts";
import { openAgent } from "./http-agent.ts";
import { brokenBody, openPace } from "./http-body.ts";
import { RequestError } from "./http-error.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import { basicAuthorization, ownHeaders, requestError, retryAfterSeconds } from "./http.ts";

/** What a server says to one request, whatever that is: a redirect and an error are answers like any other. */
export interface ServerAnswer {
  readonly status: number;
  /** By lower-case name, the first of several; one character a byte. */
  readonly header: (name: string) => string | undefined;
  /** Of the bytes that came, `mostBytes` at most: what is behind those is known by its announced length alone. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The bytes themselves where they are no more than was asked to be kept. */
  readonly body: Buffer | undefined;
}

export interface Question {
  readonly method: "GET" | "HEAD" | "POST";
  /** Goes out byte for byte as given. */
  readonly target: string;
  readonly signal: AbortSignal;
  readonly keepBytes?: number;
}

/** So much of a body is read. */
const mostBytes = 1024 ** 3;

/**
 * Asks the server of `home`, which gets the user and password in that address. Follows nothing. Rejects with a `RequestError` where no whole answer came, and for a 429, which says when to ask again; with the
 * signal's reason after an abort.
 */
export function openQuestions(
  home: URL,
  { timeoutSeconds }: { readonly timeoutSeconds: number },
): (question: Question) => Promise<ServerAnswer> {
  const { lookup } = createAddressGuard(home.hostname);
  const timeoutMs = Math.ceil(timeoutSeconds * 1000);
  const agent = openAgent({ environment: process.env, lookup, timeoutSeconds });
  const headers = { ...ownHeaders, ...basicAuthorization(home) };

  async function ask({ method, target, signal, keepBytes = 0 }: Question): Promise<ServerAnswer> {
    const dispatcher = await agent;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const hash = createHash("sha256");
      const pace = openPace(timeoutSeconds);
      const kept: Uint8Array[] = [];
      let sizeBytes = 0;
      let lastByte = 0;
      let head: Pick<ServerAnswer, "status" | "header"> | undefined;
      // Interim answers (103, 103, …) put undici's own limit off, and not this one.
      const headLimit = setTimeout(() => {
        giveUp(new RequestError("SOURCE_UNREACHABLE", "no answer within the time limit", { transient: true }));
      }, timeoutMs * 2);
      let giveUp = (reason: Error): void => reject(reason);
      const onAbort = (): void => giveUp(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });

      function release(): void {
        clearTimeout(headLimit);
        signal.removeEventListener("abort", onAbort);
      }

      function finish(): void {
        release();
        if (head === undefined) return;
        const body = sizeBytes <= keepBytes ? Buffer.concat(kept) : undefined;
        resolve({ ...head, sha256: hash.digest("hex"), sizeBytes, body });
      }

      dispatcher.dispatch(
        { method, origin: home.origin, path: target, headers, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
        {
          onRequestStart(started) {
            giveUp = (reason) => {
              reject(reason);
              started.abort(reason);
            };
            if (signal.aborted) onAbort();
          },
          onResponseStart(started, status, found) {
            if (status < 200) return;
            clearTimeout(headLimit);
            lastByte = performance.now();
            head = { status, header: (name) => [found[name]].flat()[0] };
            if (status === 429) started.abort(tooMany(found));
          },
          onResponseData(started, chunk) {
            const now = performance.now();
            const tooSlow = pace(chunk.length, now - lastByte);
            lastByte = now;
            if (tooSlow !== undefined) started.abort(tooSlow);
            hash.update(chunk.subarray(0, mostBytes - sizeBytes));
            sizeBytes += chunk.length;
            if (sizeBytes <= keepBytes) kept.push(chunk);
            if (sizeBytes < mostBytes) return;
            sizeBytes = mostBytes;
            finish();
            started.abort(new Error("the rest is not wanted"));
          },
          onResponseEnd: finish,
          onResponseError(_, error) {
            release();
            if (error instanceof RequestError || head === undefined) reject(error);
            else reject(brokenBody(error, sizeBytes, undefined));
          },
        },
      );
    });
  }

  return async (question) => {
    try {
      return await ask(question);
    } catch (error) {
      question.signal.throwIfAborted();
      throw requestError(error);
    }
  };
}

function tooMany(headers: HttpAnswer["headers"]): RequestError {
  return new RequestError("SOURCE_REFUSED", "the server answered 429", {
    transient: true,
    status: 429,
    retryAfterSeconds: retryAfterSeconds({ headers }),
  });
}
