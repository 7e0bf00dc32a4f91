import type { Environment, Terminal } from "./terminal.ts";

/** What is going on, for a person who waits. Never part of a result, and never in a log. */
export interface Progress {
  /** Cheap; may be called for every file. */
  readonly update: (state: ProgressState) => void;
  /** Takes the line away, so that something else can be written. */
  readonly clear: () => void;
}

export interface ProgressState {
  /** `sync myfile` */
  readonly label: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Whether a line may be drawn: only on a terminal, and nowhere that output is kept. */
export function showsProgress(options: {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly quiet: boolean;
  readonly json: boolean;
}): boolean {
  const isCi = !["", "0", "false", undefined].includes(options.env["CI"]);
  return options.terminal.isTty && options.env["TERM"] !== "dumb" && !isCi && !options.quiet && !options.json;
}

/** A progress line on stderr, drawn at most ten times a second and not at all for what is over sooner; nothing when `isShown` is false. */
export function openProgress(terminal: Terminal, isShown: boolean): Progress {
  if (!isShown) return { update: () => undefined, clear: () => undefined };
  let latest: ProgressState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isDrawn = false;
  return {
    update(state) {
      latest = state;
      timer ??= setTimeout(() => {
        timer = undefined;
        if (latest === undefined) return;
        terminal.err(`\r\u001B[2K${progressLine(latest, terminal.columns)}`);
        isDrawn = true;
      }, 100).unref();
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      latest = undefined;
      if (isDrawn) terminal.err("\r\u001B[2K");
      isDrawn = false;
    },
  };
}

/** One line that fits into `columns`, without a line end. */
export function progressLine({ label, done, total, bytes }: ProgressState, columns: number): string {
  const count = done === undefined ? "" : total === undefined ? `  ${done}` : `  ${done}/${total}`;
  const size = bytes === undefined ? "" : `  ${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const share = done === undefined || total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const bar = share === undefined ? "" : `  [${"#".repeat(Math.round(share * 20)).padEnd(20, "-")}]`;
  return `${label}${bar}${count}${size}`.slice(0, Math.max(1, columns - 1));
}
