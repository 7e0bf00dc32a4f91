import { runCli } from "../../src/cli/run.ts";
import type { CliWorld } from "../../src/cli/run.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** What one run of the command line gave. */
export interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface LaunchedCli {
  /** Everything printed so far. */
  readonly printed: Readonly<Record<"out" | "err", string>>;
  readonly ended: Promise<Run>;
}

/** Starts the real command line in this process, on a terminal that is none, and keeps what it prints. */
export function launchCli(argv: readonly string[], world: Pick<CliWorld, "now" | "signal" | "cwd">): LaunchedCli {
  const printed = { out: "", err: "" };
  const terminal: Terminal = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    isTty: false,
    columns: 100,
    color: { out: false, err: false },
  };
  const ending = runCli(argv, { ...world, terminal, env: {} });
  return { printed, ended: ending.then((exit): Run => ({ exit, ...printed })) };
}
