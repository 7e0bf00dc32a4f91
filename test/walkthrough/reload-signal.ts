import { readFile } from "node:fs/promises";

import { expect } from "vitest";

import { isAlive, workerPid } from "../servers/nginx.ts";
import type { RunningServer } from "../servers/server.ts";

/** A `reload:` command that has nginx read its configuration again, as `systemctl reload nginx` does. */
export async function reloadCommand(nginx: RunningServer): Promise<readonly string[]> {
  return ["sh", "-c", `kill -HUP ${await masterPid(nginx)}`];
}

/** Runs what has to reload nginx, and returns when the workers of before have ended: every later answer comes from the new rules. */
export async function throughReload<Result>(nginx: RunningServer, work: () => Promise<Result>): Promise<Result> {
  const worker = await workerPid(nginx.request);
  const result = await work();
  await expect.poll(() => isAlive(worker), { timeout: 10_000, interval: 10, message: "nginx reloads" }).toBe(false);
  return result;
}

async function masterPid(nginx: RunningServer): Promise<number> {
  const status = await readFile(`/proc/${await workerPid(nginx.request)}/status`, "utf8");
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}
