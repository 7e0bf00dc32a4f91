import os from "node:os";
import { Worker } from "node:worker_threads";

import { hasErrorCode } from "../error-code.ts";
import { columnPlaces } from "./remembered-scan.ts";
import type { RememberedScan } from "./remembered-scan.ts";

/** Which of the remembered directories and files are no longer what they were, or cannot be looked at; by index, rising. */
export interface ScanDifference {
  readonly directories: readonly number[];
  readonly files: readonly number[];
}

/**
 * Looks at everything that was remembered, and at nothing else: a directory whose times are the same holds the same names, so that none is read. One lstat(2) a name, in two threads where it is worth it; opens nothing.
 * Needs a scan that `isPlain`. `root` is the real path of the source. With `only`, files are not asked.
 */
export async function compareScan(
  root: string,
  scan: RememberedScan,
  signal: AbortSignal,
  { only }: { readonly only?: "directories" } = {},
): Promise<ScanDifference> {
  signal.throwIfAborted();
  const { directories } = scan.counts;
  const files = only === "directories" ? 0 : scan.counts.files;
  const whole: Share = {
    root: root === "/" ? "" : root,
    shared: scan.shared,
    ...scan.counts,
    namesAt: columnPlaces(scan.counts).names,
    from: 0,
    to: directories + files,
  };
  const half = Math.floor(whole.to / 2);
  const worker = whole.to < worthThread ? undefined : startThread({ ...whole, from: half });
  if (worker === undefined) return split(compareShare(whole), directories);
  try {
    const theirs = new Promise<readonly number[]>((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const ours = compareShare({ ...whole, to: half });
    return split([...ours, ...(await theirs)], directories);
  } finally {
    await worker.terminate();
  }
}

const worthThread = 20_000;

/** Undefined where there is one processor, or no thread to be had: it would only have saved time. */
function startThread(share: Share): Worker | undefined {
  if (os.availableParallelism() < 2) return undefined;
  const body = `const { parentPort, workerData } = require("node:worker_threads"); parentPort.postMessage((${compareShare.toString()})(workerData));`;
  try {
    return new Worker(body, { eval: true, workerData: share });
  } catch (error) {
    if (hasErrorCode(error, "ERR_WORKER_INIT_FAILED")) return undefined;
    throw error;
  }
}

function split(found: readonly number[], directories: number): ScanDifference {
  const firstFile = found.findIndex((index) => index >= directories);
  const at = firstFile < 0 ? found.length : firstFile;
  return { directories: found.slice(0, at), files: found.slice(at).map((index) => index - directories) };
}

/** A part of the work: rows `from` up to `to`, directories counted before files. */
interface Share {
  readonly root: string;
  readonly shared: SharedArrayBuffer;
  readonly directories: number;
  readonly files: number;
  readonly namesAt: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The rows of a share that differ. A thread runs it from its own text, because a worker's file would have one name in src/ and another in the package: nothing of this module may be named in
 * it but types.
 */
function compareShare({ root, shared, directories, files, namesAt, from, to }: Share): readonly number[] {
  const { lstatSync } = process.getBuiltinModule("node:fs");
  const names = Buffer.from(shared, namesAt).toString().split("\n");
  const states = new BigInt64Array(shared, 0, (directories + files) * 5);
  const differing: number[] = [];
  for (let row = from; row < to; row++) {
    if (!isSame(row)) differing.push(row);
  }
  return differing;

  function isSame(row: number): boolean {
    const name = names[row] ?? "";
    try {
      const stats = lstatSync(name === "" ? root || "/" : `${root}/${name}`, { bigint: true, throwIfNoEntry: false });
      return (
        stats !== undefined &&
        (row < directories ? stats.isDirectory() : stats.isFile()) &&
        stats.ctimeNs === states[row * 5 + 4] &&
        stats.mtimeNs === states[row * 5 + 3] &&
        stats.size === states[row * 5 + 2] &&
        stats.ino === states[row * 5 + 1] &&
        stats.dev === states[row * 5]
      );
    } catch {
      // Whoever looks at it again tells what is wrong.
      return false;
    }
  }
}
