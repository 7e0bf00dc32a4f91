import { setTimeout as sleep } from "node:timers/promises";
import { finalError, isTransient, RequestError } from "./http-error.ts";

/** How waiting between two tries is done; tests put in their own. */
export interface RetryTiming {
  /** Rejects with the signal's reason as soon as it is aborted. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
}

export const realTiming: RetryTiming = {
  async wait(milliseconds, signal) {
    try {
      await sleep(milliseconds, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
  random: Math.random,
};

/** After the first failure, in milliseconds; doubled after each further one. */
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** A server that asks for more patience than this gets this. */
const longestRetryAfterMs = 120_000;

/**
 * Calls `attempt` (with 1, 2, ...) until it succeeds, fails in a way that trying again cannot mend, or has failed `retries` + 1 times. The last error is thrown as
 * a `Failure` about `subject`. After an abort the signal's reason is thrown, whatever the abort made of the attempt.
 */
export async function withRetries<T>(
  attempt: (tries: number) => Promise<T>,
  {
    subject,
    retries,
    signal,
    timing,
  }: {
    readonly subject: string;
    readonly retries: number;
    readonly signal: AbortSignal;
    readonly timing: RetryTiming;
  },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await attempt(tries);
    } catch (error) {
      signal.throwIfAborted();
      if (!isTransient(error) || tries > retries) throw finalError(error, subject, tries);
      await timing.wait(delayMs(error, tries, timing), signal);
    }
  }
}

/** Half of the delay is chance, so that many clients of one recovering server do not come back together. */
function delayMs(error: unknown, tries: number, timing: RetryTiming): number {
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1)) * (0.5 + timing.random() / 2);
  const asked = error instanceof RequestError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(delay, Math.min(asked, longestRetryAfterMs));
}
