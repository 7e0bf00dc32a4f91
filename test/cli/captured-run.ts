import { runCli } from "../../src/cli/run.ts";
import type { CliWorld } from "../../src/cli/run.ts";
import type { CommandEntry } from "../../src/cli/commands/index.ts";

export interface CapturedRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process and keeps what it would have printed. `commands` replaces the real ones. */
export async function captured(
  argv: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: CliWorld["env"];
    readonly signal?: AbortSignal;
    readonly isTty?: boolean;
    readonly color?: boolean;
    readonly columns?: number;
    readonly commands?: readonly CommandEntry[];
  } = {},
): Promise<CapturedRun> {
  const { cwd = "/nowhere", env = {}, isTty = false, color = false, columns = 100, commands } = options;
  const written = { out: "", err: "" };
  const world: CliWorld = {
    terminal: {
      out: (text) => {
        written.out += text;
      },
      err: (text) => {
        written.err += text;
      },
      isTty,
      columns,
      color: { out: color, err: color },
    },
    now: () => 1_742_306_618,
    signal: options.signal ?? new AbortController().signal,
    cwd,
    env,
  };
  const code = await (commands === undefined ? runCli(argv, world) : runCli(argv, world, commands));
  return { code, ...written };
}
