import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** One run of wrk with one thread. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Answers other than 2xx and 3xx, and connections that were refused. A connection that the server closes after so many requests is none: wrk opens another. */
  readonly errors: number;
}

export interface LoadOptions {
  readonly port: number;
  /** Asked for in turn, again and again. */
  readonly targets: readonly string[];
  readonly seconds: number;
  readonly connections: number;
  /** For the script that names the targets. */
  readonly folder: string;
}

export async function load({ port, targets, seconds, connections, folder }: LoadOptions): Promise<Load> {
  const script = path.join(folder, "targets.lua");
  const list = targets.map((target) => JSON.stringify(target)).join(",\n");
  writeFileSync(
    script,
    `local targets = {\n${list}\n}\nlocal next = 0\nfunction request()\n  next = next % #targets + 1\n  return wrk.format("GET", targets[next])\nend\n`,
  );
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, `http://127.0.0.1:${port}/`];
  // One core for the load, the other for the server: requests per second are then the server's alone.
  const { stdout } = await promisify(execFile)("taskset", ["-c", "1", "wrk", ...args]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const refused = Number(/Socket errors: connect (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    errors: bad + refused,
  };
}
