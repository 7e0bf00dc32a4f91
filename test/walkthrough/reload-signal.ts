import { readFile } from "node:fs/promises";

import { expect } from "vitest";

import type { RunningNginx } from "../servers/nginx.ts";

/** A `reload:` command that has nginx read its configuration again, as `systemctl reload nginx` does. */
export async function reloadCommand(nginx: RunningNginx): Promise<readonly string[]> {
  return ["sh", "-c", `kill -HUP ${await masterPid(nginx)}`];
}

/** Runs what has to reload nginx, and returns when the workers of before have ended: every later answer comes from the new rules. */
export async function throughReload<Result>(nginx: RunningNginx, work: () => Promise<Result>): Promise<Result> {
  const worker = await workerPid(nginx);
  const result = await work();
  await expect.poll(() => isAlive(worker), { timeout: 10_000, interval: 10, message: "nginx reloads" }).toBe(false);
  return result;
}

async function masterPid(nginx: RunningNginx): Promise<number> {
  const status = await readFile(`/proc/${await workerPid(nginx)}/status`, "utf8");
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}

async function workerPid(nginx: RunningNginx): Promise<number> {
  const { body } = await nginx.request("/worker-pid");
  return Number(body.toString());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
