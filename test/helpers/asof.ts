import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { Interruption } from "../../src/cli/interruption.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { launchCli } from "./launch-cli.ts";
import type { LaunchedCli, Run } from "./launch-cli.ts";

/** A folder with a configuration, and the real command line run in it, in this process, under a clock that the test sets. */
export interface Project {
  readonly dir: string;
  file(name: string): string;
  write(name: string, content: string | Uint8Array): void;
  /** Seconds since 1970; every run sees this and time passes between its steps as it really does. */
  setClock(seconds: number): void;
  clock(): number;
  timestamp(): Timestamp;
  run(...argv: readonly string[]): Promise<Run>;
  /** `run`, and an error with everything printed when the exit code is not 0. */
  ok(...argv: readonly string[]): Promise<Run>;
  /** Begins a run that goes on until it is stopped; the real clock, or the one that was set. */
  begin(...argv: readonly string[]): RunningCli;
  remove(): void;
}

export interface RunningCli {
  /** Everything printed so far. */
  readonly out: string;
  readonly err: string;
  /** Interrupts it as Ctrl-C does, unless it has ended, and waits for the end. */
  stop(): Promise<Run>;
}

export function openProject(config: string): Project {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-test-"));
  let offset = 0;
  const now = (): number => Date.now() / 1000 + offset;

  const launch = (argv: readonly string[], signal: AbortSignal): LaunchedCli =>
    launchCli(argv, { now, signal, cwd: dir });

  const project: Project = {
    dir,
    file: (name) => path.join(dir, name),
    write(name, content) {
      const file = path.join(dir, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    },
    setClock: (seconds) => {
      offset = seconds - Date.now() / 1000;
    },
    clock: now,
    timestamp: () => timestampFromSeconds(now()),
    run: (...argv) => launch(argv, new AbortController().signal).ended,
    begin(...argv) {
      const interrupt = new AbortController();
      const { printed, ended } = launch(argv, interrupt.signal);
      return {
        get out() {
          return printed.out;
        },
        get err() {
          return printed.err;
        },
        stop() {
          interrupt.abort(new Interruption("SIGINT"));
          return ended;
        },
      };
    },
    async ok(...argv) {
      const result = await project.run(...argv);
      if (result.exit !== 0)
        throw new Error(`asof ${argv.join(" ")} ended with ${result.exit}\n${result.out}${result.err}`);
      return result;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  project.write("asof.yaml", config);
  return project;
}
