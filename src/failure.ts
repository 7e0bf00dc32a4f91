/**
 * What went wrong in the world or in what the user asked, as opposed to a bug of ours (a plain Error).
 *
 * `code` is stable and decides the exit code; `message` says what happened, to which thing, and why; `hint` says what to do.
 * Credentials in URLs are taken out of both here, so that no caller has to remember it.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly hint: string | undefined;
  /** Further lines, one fact each: all bad lines of a manifest, all faults of a configuration. */
  readonly details: readonly string[];

  constructor(
    code: FailureCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: readonly string[] } = {},
  ) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : redact(options.hint);
    this.details = (options.details ?? []).map(redact);
  }
}

/** Every code, grouped by the exit code that the command line gives it (see cli/exit-code.ts). */
export type FailureCode =
  // 2: usage or configuration
  | "USAGE"
  | "CONFIG"
  | "STATE_FORMAT"
  // 3: findings
  | "DAMAGE"
  // 4: the source
  | "SOURCE_UNREACHABLE"
  | "SOURCE_REFUSED"
  | "SOURCE_BAD_DATA"
  | "SOURCE_MOVED"
  | "SOURCE_SHRUNK"
  | "SOURCE_LATE"
  | "BACKFILL"
  // 5: this machine
  | "LOCAL_IO"
  | "CLOCK"
  | "RELOAD"
  | "RULES"
  | "SIGNATURE"
  | "HISTORY_BEHIND_SITE"
  // 75: somebody else is at work
  | "LOCKED";

/** Takes credentials out of URLs. The look-behind keeps one long word from costing its square; the last `@` before a slash ends the credentials. */
export function redact(text: string): string {
  return text.replace(/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/]*@/gi, "$1***@");
}
