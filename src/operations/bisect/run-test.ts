import { spawn } from "node:child_process";

import { Failure } from "../../failure.ts";
import type { Verdict } from "../../model/bisection.ts";
import type { Environment } from "./test-environment.ts";

export interface TestRun {
  readonly verdict: Verdict;
  readonly exitCode: number;
}

/**
 * Runs the user's command and reads its exit code as `git bisect run` does: 0 is good, 125 cannot be told, anything else up to 127 is bad. Throws USAGE for a higher one, for a command that a signal ended, and for one
 * that cannot be run at all; the reason of the abort after one. What the run said then counts for nothing: Ctrl-C reaches the command as well, which may end with 1 for it.
 */
export async function runTest(
  [program = "", ...args]: readonly string[],
  {
    cwd,
    env,
    stdout,
    signal,
  }: {
    readonly cwd: string;
    readonly env: Environment;
    /** Where its standard output goes; all else is this process' own. */
    readonly stdout: "stdout" | "stderr";
    readonly signal: AbortSignal;
  },
): Promise<TestRun> {
  signal.throwIfAborted();
  const { code, ending } = await new Promise<{ code: number | null; ending: string | null }>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["inherit", stdout === "stdout" ? "inherit" : 2, "inherit"],
    });
    const stop = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", (cause) => {
      signal.removeEventListener("abort", stop);
      reject(
        new Failure("USAGE", `the command cannot be run: ${program}: ${cause.message}`, {
          cause,
          hint: "no shell reads it; for one write: -- sh -c 'COMMAND'",
        }),
      );
    });
    child.once("exit", (exitCode, exitSignal) => {
      signal.removeEventListener("abort", stop);
      resolve({ code: exitCode, ending: exitSignal });
    });
  });
  signal.throwIfAborted();
  if (code === null || code > 127) {
    const how = code === null ? `was ended by ${ending}` : `ended with ${code}`;
    throw new Failure("USAGE", `the command ${how}, which is no answer`, {
      hint: "0 is good, 125 cannot be told, 1 to 127 are bad; what was answered so far is kept: the same line goes on from there",
    });
  }
  return { verdict: code === 0 ? "good" : code === 125 ? "skip" : "bad", exitCode: code };
}
