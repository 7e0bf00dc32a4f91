import { Failure } from "../../failure.ts";
import type { History } from "../../model/history.ts";
import { addSeconds, isoOf, secondsOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";

/** Time as operations see it. Only `cli/main.ts` reads the real one. */
export interface Clock {
  /** Seconds since 1970. */
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const longestGapSeconds = 400 * 86_400;
const largestSkewSeconds = 600;

/**
 * Refuses a clock that cannot be right, because a checkpoint's name is for ever: earlier than the horizon, more than 400 days after the last run, or more than ten
 * minutes from the source's own clock.
 */
export function checkClock(history: History | undefined, now: number, serverSeconds: number | undefined): void {
  const horizon = history?.horizon;
  if (horizon !== undefined && now < secondsOf(horizon)) {
    throw clockFailure(
      now,
      `is earlier than ${isoOf(horizon)}, up to which answers are already given`,
      "set the clock; if it is right, an earlier run had a wrong one: until that second has come, each run needs --accept-clock, and names its checkpoint after it",
    );
  }
  // An imported shelf has a horizon of long ago: the run that imported it knew the time as well.
  const lastKnown =
    history === undefined || horizon === undefined || history.newestEvent > horizon ? history?.newestEvent : horizon;
  if (lastKnown !== undefined && now > secondsOf(lastKnown) + longestGapSeconds) {
    throw clockFailure(now, `is more than 400 days after the last run, ${isoOf(lastKnown)}`);
  }
  if (serverSeconds !== undefined && Math.abs(now - serverSeconds) > largestSkewSeconds) {
    const server = isoOf(timestampFromSeconds(serverSeconds));
    throw clockFailure(now, `is more than ten minutes from the source's, ${server}`);
  }
}

/**
 * The next checkpoint's second: now, or the first second after the horizon. Names strictly increase, so a second checkpoint within one second waits for the
 * next.
 */
export async function nextCheckpointSecond(
  history: History | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Timestamp> {
  const horizon = history?.horizon;
  for (;;) {
    const now = clock.now();
    const second = timestampFromSeconds(now);
    if (horizon === undefined || second > horizon) return second;
    // A clock that was accepted although it is behind would have to be waited for too long.
    if (second < horizon) return addSeconds(horizon, 1);
    await clock.sleep(Math.max(1, Math.ceil((Math.floor(now) + 1 - now) * 1000)), signal);
  }
}

function clockFailure(
  now: number,
  what: string,
  hint = "set the clock; or pass --accept-clock once if it is right",
): Failure {
  return new Failure("CLOCK", `this machine's clock, ${isoOf(timestampFromSeconds(now))}, ${what}`, {
    hint,
  });
}
