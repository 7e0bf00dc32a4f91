import { execFile } from "node:child_process";

/** How a command ended that did not end well. */
export interface FailedCommand {
  readonly how: string;
  /** The lines that it wrote to stderr. */
  readonly said: readonly string[];
  /** The lines that it wrote to stdout. */
  readonly printed: readonly string[];
  readonly cause: unknown;
}

/**
 * Runs an argv list without a shell; undefined when it ended with 0. It reads `input` and then the end of its standard input: a program that asks for a passphrase there gets none. Throws the
 * signal's reason after an abort.
 */
export async function runCommand(
  [command = "", ...args]: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly cwd: string;
    readonly timeoutMs: number;
    readonly input?: Uint8Array | string;
  },
): Promise<FailedCommand | undefined> {
  const { signal, cwd, timeoutMs, input = "" } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { signal, cwd, timeout: timeoutMs, killSignal: "SIGKILL" },
      (error, printed, said) => {
        if (signal.aborted) reject(signal.reason);
        else if (error === null) resolve(undefined);
        else
          resolve({ how: howItEnded(error, timeoutMs), said: linesOf(said), printed: linesOf(printed), cause: error });
      },
    );
    // A command that does not read its input closes it.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => line.trim() || []);
}

function howItEnded(error: Error, timeoutMs: number): string {
  const [code, signal, killed] = ["code", "signal", "killed"].map((key): unknown => Reflect.get(error, key));
  if (code === "ENOENT") return "ENOENT: there is no such program";
  if (code === "EACCES") return "EACCES: it may not be run";
  if (typeof code === "number") return `exit code ${code}`;
  if (typeof code === "string") return code;
  if (killed === true) return `stopped after ${timeoutMs / 1000} seconds`;
  return typeof signal === "string" ? `ended by ${signal}` : "no reason given";
}
