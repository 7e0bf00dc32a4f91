/** The reason of an abort that a signal asked for; what is aborted rejects with it. */
export class Interruption extends Error {
  override readonly name = "AbortError";
  readonly exitCode: 130 | 143;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

/** The interruption that made `error` come, if one did: whatever fails after the signal because of it counts as interrupted. */
export function interruptionBehind(error: unknown, signal: AbortSignal): Interruption | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  const interruption = reason instanceof Interruption ? reason : new Interruption("SIGINT");
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    if (cause === reason || cause.name === "AbortError") return interruption;
  }
  return undefined;
}
