#!/usr/bin/env node
import process from "node:process";
import { getHeapStatistics, setFlagsFromString } from "node:v8";

import { Interruption } from "./interruption.ts";
import { runCli } from "./run.ts";
import { wantsColor } from "./terminal.ts";

// A heap that stays near what is in use: by itself it grows to several times that on a large machine (a sync of 200,000 files: 470 MB in place of 260). Only once it is large: below that it costs time and saves
// little (publishing with 10,000 checkpoints: 0.2 s of 1.2; a thousand changed files of a hundred thousand: 1.1 s of 5).
const heapWatch = setInterval(() => {
  if (getHeapStatistics().total_heap_size < 112 * 1024 * 1024) return;
  setFlagsFromString("--optimize-for-size");
  clearInterval(heapWatch);
}, 20);
heapWatch.unref();

/** The few lines that connect `runCli` to the process. `process.exit` would cut off output that a pipe has not taken yet: only the code is set. */
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);

const code = await runCli(process.argv.slice(2), {
  terminal: {
    out: writerTo(process.stdout),
    err: writerTo(process.stderr),
    isTty: process.stderr.isTTY,
    columns: process.stderr.columns ?? process.stdout.columns ?? 80,
    color: {
      out: wantsColor(process.env, process.stdout.isTTY),
      err: wantsColor(process.env, process.stderr.isTTY),
    },
  },
  now: () => Date.now() / 1000,
  signal: interrupt.signal,
  cwd: process.cwd(),
  env: process.env,
});
// A lost output (see writerTo) may have set a code; a failure of the run itself says more.
if (code !== 0) process.exitCode = code;

/** The first signal asks the run to end in order; both handlers go, so that the next one kills. */
function onSignal(signal: NodeJS.Signals): void {
  process.removeListener("SIGINT", onSignal);
  process.removeListener("SIGTERM", onSignal);
  interrupt.abort(new Interruption(signal === "SIGINT" ? "SIGINT" : "SIGTERM"));
}

/** A reader that went away (`asof list | head`) is no failure: the run goes on without it. Output that cannot be kept (a full disk) is one: exit 5. */
function writerTo(stream: NodeJS.WriteStream): (text: string) => void {
  let isLost = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (isLost) return;
    isLost = true;
    if (error.code === "EPIPE") return;
    process.exitCode ??= 5;
    if (stream !== process.stderr) process.stderr.write(`asof: the output cannot be written: ${error.message}\n`);
  });
  return (text) => {
    if (!isLost && text !== "") stream.write(text);
  };
}
