import { Failure } from "../failure.ts";
import { ContentMismatch } from "./source.ts";

/** One request that brought nothing to keep. The message is the reason alone; who made the request knows for what. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: "SOURCE_UNREACHABLE" | "SOURCE_REFUSED" | "SOURCE_BAD_DATA";
  /** Whether the same request may bring something a little later. */
  readonly transient: boolean;
  /** What the server answered, where that was the reason. */
  readonly status: number | undefined;
  /** What the server asked to wait, in seconds. */
  readonly retryAfterSeconds: number | undefined;
  readonly hint: string | undefined;

  constructor(
    code: RequestError["code"],
    reason: string,
    options: {
      transient?: boolean;
      status?: number;
      retryAfterSeconds?: number | undefined;
      hint?: string;
      cause?: unknown;
    } = {},
  ) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.transient = options.transient ?? false;
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.hint = options.hint;
  }
}

/** Whether trying again may help: broken connections, time-outs, 429, 5xx, and content that is not what was announced. */
export function isTransient(error: unknown): boolean {
  return error instanceof ContentMismatch || (error instanceof RequestError && error.transient);
}

/** What to throw for a request that failed for good; errors that are not about the source (a full disk, a bug) pass unchanged. */
export function finalError(error: unknown, subject: string, tries: number): unknown {
  const times = tries === 1 ? "" : ` (${tries} tries)`;
  if (error instanceof ContentMismatch) {
    return new Failure("SOURCE_BAD_DATA", `${subject}: ${error.message}${times}`, { cause: error });
  }
  if (!(error instanceof RequestError)) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new Failure(error.code, `${subject}: ${error.message}${times}`, { cause: error.cause ?? error, ...hint });
}

/** A broken connection in a few words. Connecting to several addresses of one host fails with an AggregateError, whose own message is empty. */
export function describeCause(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeCause(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.name === "HeadersTimeoutError") return "no answer within the time limit";
  if (error.name === "BodyTimeoutError") return "no byte within the time limit";
  return error.message === "" ? error.name : error.message;
}
