import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { brokenBody, openPace } from "./http-body.ts";
import { RequestError } from "./http-error.ts";

export interface HttpRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** No answer and no byte for so long ends the request. */
  readonly timeoutSeconds: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As announced; undefined when it is not. */
  readonly sizeBytes: number | undefined;
  /** All bytes of a small 200, no bytes of anything else than a 200, else a stream. Whoever gets a stream reads it or destroys it. */
  readonly body: Uint8Array | Readable;
}

/** An announced body up to here is taken whole: a stream would cost more than the bytes. */
const smallBytes = 65_536;
/** So much of an answer that nobody wants is read, so that the connection can be used again. */
const unwantedBytes = 16_384;

/**
 * One GET. Rejects with the signal's reason, with a `RequestError` where that can be said here, or else with undici's own error. A stream ends in an error when the connection breaks, and with
 * the signal's reason after an abort.
 */
export function exchange(
  dispatcher: Dispatcher,
  { origin, path, headers, signal, timeoutSeconds }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const timeoutMs = Math.ceil(timeoutSeconds * 1000);
    let controller: Dispatcher.DispatchController | undefined;
    let answer: HttpAnswer | undefined;
    let chunks: Uint8Array[] | undefined;
    let stream: Readable | undefined;
    let received = 0;
    let givenUp: Error | undefined;
    let lastByte = 0;
    const pace = openPace(timeoutSeconds);

    function giveUp(reason: Error): void {
      givenUp ??= reason;
      end();
      reject(reason);
      stream?.destroy(reason);
      controller?.abort(reason);
    }

    const onAbort = (): void => giveUp(signal.reason);
    // No interim answer (103, 103, …) puts this limit off, as each does undici's own. Connecting has a limit of its own and comes first.
    const headLimit = setTimeout(() => {
      giveUp(new RequestError("SOURCE_UNREACHABLE", "no answer within the time limit", { transient: true }));
    }, timeoutMs * 2);
    signal.addEventListener("abort", onAbort);
    function end(): void {
      clearTimeout(headLimit);
      signal.removeEventListener("abort", onAbort);
    }
    if (signal.aborted) {
      onAbort();
      return;
    }

    /** Of a body that is read here: a stream's pace is its reader's. */
    function slowness(chunk: Uint8Array): RequestError | undefined {
      const now = performance.now();
      const tooSlow = pace(chunk.length, now - lastByte);
      lastByte = now;
      return tooSlow;
    }

    dispatcher.dispatch(
      { method: "GET", origin, path, headers, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
      {
        onRequestStart(started) {
          controller = started;
          if (givenUp !== undefined) started.abort(givenUp);
        },
        onResponseStart(started, status, found) {
          if (status < 200) return;
          clearTimeout(headLimit);
          const sizeBytes = announcedBytes(found["content-length"]);
          if (status === 200 && (sizeBytes === undefined || sizeBytes > smallBytes)) {
            stream = streamOf(started);
            stream.once("close", end);
            resolve({ status, headers: found, sizeBytes, body: stream });
            return;
          }
          answer = { status, headers: found, sizeBytes, body: nothing };
          if (status === 200) chunks = [];
          lastByte = performance.now();
        },
        onResponseData(started, chunk) {
          received += chunk.length;
          if (stream !== undefined) {
            if (!stream.push(chunk)) started.pause();
            return;
          }
          const tooSlow = slowness(chunk);
          if (chunks !== undefined) {
            chunks.push(chunk);
            if (tooSlow !== undefined) giveUp(tooSlow);
          } else if (tooSlow !== undefined || received > unwantedBytes) {
            started.abort(new Error("the rest is not wanted"));
          }
        },
        onResponseEnd() {
          end();
          if (stream !== undefined) stream.push(null);
          else if (answer !== undefined) resolve(chunks === undefined ? answer : { ...answer, body: joined(chunks) });
        },
        onResponseError(_, error) {
          end();
          if (stream !== undefined) stream.destroy(error);
          else if (answer === undefined) reject(error);
          else if (chunks === undefined) resolve(answer);
          else reject(brokenBody(error, received, answer.sizeBytes));
        },
      },
    );
  });
}

const nothing = new Uint8Array();

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function announcedBytes(length: string | string[] | undefined): number | undefined {
  return typeof length === "string" && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
}

/** Takes what is pushed; asks for more, and gives up the rest, through `controller`. */
function streamOf(controller: Dispatcher.DispatchController): Readable {
  const stream = new Readable({
    read: () => controller.resume(),
    destroy(error, callback) {
      if (!stream.readableEnded) controller.abort(error ?? new Error("the rest is not wanted"));
      callback(error);
    },
  });
  // Destroying a body that nobody reads emits an error, and one without a listener ends the process.
  stream.on("error", () => undefined);
  return stream;
}
