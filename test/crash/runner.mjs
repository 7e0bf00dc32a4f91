/** A process that runs asof again and again: the parent sends a job, the answer is what the run gave. A job whose act kills ends this process, as it should. */
import process from "node:process";
import { pathToFileURL } from "node:url";

import { arm, disarm } from "./faults.mjs";

// Where build.mjs puts what every run begins with.
const { runCli } = await import(pathToFileURL(`${process.env["ASOF_DIST"]}/chunks/start.js`).href);

process.on("message", (message) => void run(message));
process.on("disconnect", () => process.exit());
process.send?.("ready");

/** @param {{ argv: readonly string[], cwd: string, clock: number, job: import("./faults.mjs").Job }} message */
async function run({ argv, cwd, clock, job }) {
  const printed = { out: "", err: "" };
  const terminal = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    isTty: false,
    columns: 100,
    color: { out: false, err: false },
  };
  arm(job);
  let exit = 1;
  try {
    exit = await runCli(argv, { terminal, now: () => clock, signal: new AbortController().signal, cwd, env: {} });
  } catch (error) {
    printed.err += String(error);
  }
  process.send?.({ exit, ...printed, calls: disarm() });
}
