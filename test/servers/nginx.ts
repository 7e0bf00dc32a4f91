import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rawRequest } from "./raw-request.ts";
import { isInstalled } from "./server.ts";
import type { RunningServer, ServerMember, ServerOptions } from "./server.ts";
import { freePort, holdProcess, waitUntilOpen } from "./server-process.ts";

export interface NginxOptions extends ServerOptions {
  /** Document root in place of publicDir. */
  readonly root?: string;
  /** Directives of a user: at the top of the file, in http { }, and in server { } before and behind the include. */
  readonly mainExtra?: string;
  readonly httpExtra?: string;
  readonly serverExtra?: string;
  readonly serverExtraAfter?: string;
  /** User of the workers when run by root; default root, so that temporary directories need no permissions. */
  readonly user?: string;
}

/** nginx with the two generated files included. */
export const nginxServer: ServerMember = {
  server: "nginx",
  isAvailable: nginxAvailable,
  start: startNginx,
  traits: {
    emptyDirectory: 403,
    plainText: "text/plain",
    html: "text/html",
    timeZone: "Asia/Tokyo",
    carries: 100_000,
  },
};

export function nginxAvailable(): boolean {
  return isInstalled("nginx", "-v");
}

/** Runs a real nginx in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startNginx(options: NginxOptions): Promise<RunningServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-nginx-"));
  const configFile = path.join(home, "nginx.conf");
  const errorFile = path.join(home, "error.log");
  const args = ["-p", home, "-e", errorFile, "-c", configFile];
  const port = await freePort();
  await writeFile(configFile, mainConfig(options, home, port));
  const configTest = testConfig(args);

  const held = holdProcess("nginx", args, options.env);
  const request: RunningServer["request"] = (target, rest = {}) => rawRequest(port, { target, ...rest });
  const errorLog = (): Promise<string> => readFile(errorFile, "utf8");
  await waitUntilOpen(port, errorLog);

  return {
    url: `http://127.0.0.1:${port}${options.mount ?? "/"}`,
    port,
    configTest,
    request,
    errorLog,
    async reload() {
      testConfig(args);
      const worker = await workerPid(request);
      process.kill(Number(await readFile(path.join(home, "nginx.pid"), "utf8")), "SIGHUP");
      // Both generations share the listening socket: only when the old worker is gone does every answer come from the new one.
      while (isAlive(worker)) await sleep(10);
    },
    async stop() {
      await held.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function mainConfig(options: NginxOptions, home: string, port: number): string {
  const { publicDir, rulesDir, mount = "/", user = "root" } = options;
  const root = options.root ?? (mount === "/" ? publicDir : path.join(home, "nothing"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    daemon off;
    worker_processes 1;
    pid ${home}/nginx.pid;
    ${process.getuid?.() === 0 ? `user ${user};` : ""}
    ${options.mainExtra ?? "pcre_jit on;"}
    events { worker_connections 256; }
    http {
      access_log off;
      keepalive_requests 1000000;
      ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join(" ")}
      ${options.httpExtra ?? ""}
      include "${rulesDir}/nginx/http.conf";
      server {
        listen 127.0.0.1:${port};
        root "${root}";
        location = /worker-pid { return 200 $pid; }
        ${options.extra ?? ""}
        ${options.serverExtra ?? ""}
        include "${rulesDir}/nginx/server.conf";
        ${options.serverExtraAfter ?? ""}
      }
    }
  `;
}

function testConfig(args: readonly string[]): string {
  const { status, stderr } = spawnSync("nginx", ["-t", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`nginx refuses the configuration: ${stderr}`);
  return stderr;
}

/** The process that answers now. */
export async function workerPid(request: RunningServer["request"]): Promise<number> {
  const { body } = await request("/worker-pid");
  return Number(body.toString());
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
