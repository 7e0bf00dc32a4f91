import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { z } from "zod";

import { call } from "./record/call.ts";
import type { Call } from "./record/call.ts";

export const acts = ["kill", "torn", "ENOSPC", "full", "EIO", "EROFS"] as const;
/** See `faults.mjs`. */
export type Act = (typeof acts)[number];

export interface Fault {
  readonly act: Act;
  /** Number of the call at which it happens. */
  readonly at: number;
}

export interface FaultyRun {
  /** Undefined when the fault killed it. */
  readonly exit: number | undefined;
  readonly out: string;
  readonly err: string;
  /** What changed the disk; none when the fault killed it. */
  readonly calls: readonly Call[];
}

/** Runs asof with faults. One process does many runs, because starting it costs more than a run; one that is killed is followed by another, which stands ready. */
export interface Runner {
  run(
    argv: readonly string[],
    options: { readonly cwd: string; readonly clock: number; readonly fault?: Fault | undefined },
  ): Promise<FaultyRun>;
  close(): void;
}

export function startRunner(dist: string): Runner {
  let current = launch(dist);
  let spare = launch(dist);
  return {
    async run(argv, { cwd, clock, fault }) {
      const child = await current;
      const answer = new Promise<FaultyRun>((resolve) => {
        const onAnswer = (message: unknown): void => {
          child.removeListener("exit", onExit);
          resolve(answered.parse(message));
        };
        const onExit = (): void => {
          child.removeListener("message", onAnswer);
          resolve({ exit: undefined, out: "", err: "", calls: [] });
        };
        child.once("message", onAnswer);
        child.once("exit", onExit);
      });
      child.send({ argv, cwd, clock, job: fault ?? {} });
      const run = await answer;
      if (run.exit === undefined) [current, spare] = [spare, launch(dist)];
      return run;
    },
    close() {
      for (const child of [current, spare]) void child.then((one) => one.kill("SIGKILL"));
    },
  };
}

async function launch(dist: string): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, "runner.mjs"), {
    execArgv: [],
    env: { ...process.env, ASOF_DIST: dist },
  });
  await once(child, "message");
  return child;
}

const answered = z.object({ exit: z.int(), out: z.string(), err: z.string(), calls: z.array(call) });
