import { Failure, redact } from "../failure.ts";
import { asLocalFailure } from "../operations/local-failure.ts";
import { exitCodeOfFailure } from "./exit-code.ts";
import type { ExitCode } from "./exit-code.ts";
import { interruptionBehind } from "./interruption.ts";
import { jsonDocument } from "./json-document.ts";
import type { Paint } from "./terminal.ts";

/** An error as the command line tells it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly exit: ExitCode;
  /** What led to it, outermost first; and for a bug its stack. For --verbose and for bugs. */
  readonly causes: readonly string[];
}

/** Sorts `error` into the three kinds: a signal, a failure of the world or the user, a bug. */
export function reportOf(thrown: unknown, signal: AbortSignal): ErrorReport {
  const error = asLocalFailure(thrown);
  const interruption = interruptionBehind(error, signal);
  if (interruption !== undefined) {
    const { message, exitCode } = interruption;
    return { code: "INTERRUPTED", message, details: [], hint: undefined, exit: exitCode, causes: [] };
  }
  if (error instanceof Failure) {
    const { code, message, details, hint } = error;
    return { code, message, details, hint, exit: exitCodeOfFailure(code), causes: causesOf(error) };
  }
  return {
    code: "BUG",
    message: error instanceof Error ? redact(error.message) : `something that is no error was thrown: ${String(error)}`,
    details: [],
    hint: "this is a bug in asof; please report it with the lines above and the output of asof --version",
    exit: 1,
    causes: error instanceof Error ? [redact(error.stack ?? "no stack"), ...causesOf(error)] : [],
  };
}

/** For people, on stderr. */
export function errorText(report: ErrorReport, options: { readonly paint: Paint; readonly verbose: boolean }): string {
  const { paint } = options;
  const isShowingCauses = options.verbose || report.code === "BUG";
  const lines = [
    `${paint("red", "asof:")} ${report.message}`,
    ...report.details.map((line) => `  ${line}`),
    ...(isShowingCauses ? report.causes.flatMap((cause) => cause.split("\n").map((line) => `  ${line}`)) : []),
    ...(report.hint === undefined ? [] : [`${paint("bold", "hint:")} ${report.hint}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** For programs, on stdout: the one document of a run with --json that failed. */
export function errorJson({ code, message, details, hint, exit }: ErrorReport): string {
  return jsonDocument({ error: { code, message, details, hint: hint ?? null, exit } });
}

/** Messages of the libraries below may hold a URL with its password. */
function causesOf(error: Error): readonly string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 8; cause = cause.cause) {
    causes.push(redact(`caused by: ${cause.name}: ${cause.message}`));
  }
  return causes;
}
