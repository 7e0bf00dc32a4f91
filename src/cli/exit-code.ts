import type { FailureCode } from "../failure.ts";

/** Every exit code, with the sentence that help prints. Stable; a code that is not here is a failure. */
const exitCodes = {
  0: "done, or nothing to do",
  1: "a bug in asof; its stack is shown",
  2: "wrong usage or configuration",
  3: "damage in state, site or mirror; asof compare or diff found a difference",
  4: "the source failed, sent bad data, or a guard refused it",
  5: "this machine: disk, permission, clock, rules, reload, signing, old state",
  75: "another run holds the lock",
  130: "interrupted by SIGINT",
  143: "interrupted by SIGTERM",
} as const;

export type ExitCode = keyof typeof exitCodes;

const codeOfFailure = {
  USAGE: 2,
  CONFIG: 2,
  STATE_FORMAT: 2,
  DAMAGE: 3,
  SOURCE_UNREACHABLE: 4,
  SOURCE_REFUSED: 4,
  SOURCE_BAD_DATA: 4,
  SOURCE_MOVED: 4,
  SOURCE_SHRUNK: 4,
  SOURCE_LATE: 4,
  BACKFILL: 4,
  LOCAL_IO: 5,
  CLOCK: 5,
  RELOAD: 5,
  RULES: 5,
  SIGNATURE: 5,
  HISTORY_BEHIND_SITE: 5,
  LOCKED: 75,
} as const satisfies Record<FailureCode, ExitCode>;

export function exitCodeOfFailure(code: FailureCode): ExitCode {
  return codeOfFailure[code];
}

/** The lines of a help text about the codes that a command can give: its own and those that every command can; all codes without an argument. */
export function exitCodeHelp(own?: readonly ExitCode[]): string {
  const shown = new Set<number>(own === undefined ? Object.keys(exitCodes).map(Number) : [0, 1, 2, ...own, 130, 143]);
  const lines = Object.entries(exitCodes)
    .filter(([code]) => shown.has(Number(code)))
    .map(([code, sentence]) => `  ${code.padStart(3)}  ${sentence}`);
  return ["Exit codes:", ...lines].join("\n");
}
