import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rawRequest } from "./raw-request.ts";
import type { RawRequest, RawResponse } from "./raw-request.ts";

export interface NginxOptions {
  /** Document root of the server, unless `root` names another one. */
  readonly publicDir: string;
  readonly root?: string;
  /** Folder with `nginx/http.conf` and `nginx/server.conf`. */
  readonly rulesDir: string;
  /** Where public/ is mounted; elsewhere than at `/` the server has no root of its own. */
  readonly mount?: string;
  /** Directives of a user: at the top of the file, in http { }, and in server { } before and behind the include. */
  readonly mainExtra?: string;
  readonly httpExtra?: string;
  readonly serverExtra?: string;
  readonly serverExtraAfter?: string;
  /** User of the workers when run by root; default root, so that temporary directories need no permissions. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningNginx {
  readonly url: string;
  readonly port: number;
  /** What `nginx -t` said, warnings included. */
  readonly configTest: string;
  /** Returns when workers with the present configuration alone answer. Throws, as `nginx -t` would fail, leaving the old ones at work. */
  reload(): Promise<void>;
  stop(): Promise<void>;
  request(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  errorLog(): Promise<string>;
}

/**
 * Whether nginx is installed. Where `CI` is set it must be: then an absent one throws, and the test file fails instead of being skipped.
 */
export function nginxAvailable(): boolean {
  const found = spawnSync("nginx", ["-v"]).error === undefined;
  if (!found && process.env["CI"] !== undefined && process.env["CI"] !== "") {
    throw new Error("nginx is not installed; test/servers/install.sh installs it");
  }
  return found;
}

/** Runs a real nginx in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startNginx(options: NginxOptions): Promise<RunningNginx> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-nginx-"));
  const configFile = path.join(home, "nginx.conf");
  const errorFile = path.join(home, "error.log");
  const args = ["-p", home, "-e", errorFile, "-c", configFile];
  const port = await freePort();
  await writeFile(configFile, mainConfig(options, home, port));
  const configTest = testConfig(args);

  // A shell holds nginx and ends it when its standard input does: also when this process dies without a word.
  const holder = spawn("sh", ["-c", 'nginx "$@" & nginx=$!; cat; kill "$nginx"; wait "$nginx"', "sh", ...args], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, ...options.env },
  });
  const exited = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
  const request: RunningNginx["request"] = (target, rest = {}) => rawRequest(port, { target, ...rest });
  await waitUntilOpen(port, errorFile);

  return {
    url: `http://127.0.0.1:${port}${options.mount ?? "/"}`,
    port,
    configTest,
    request,
    errorLog: () => readFile(errorFile, "utf8"),
    async reload() {
      testConfig(args);
      const worker = await workerPid(request);
      process.kill(Number(await readFile(path.join(home, "nginx.pid"), "utf8")), "SIGHUP");
      // Both generations share the listening socket: only when the old worker is gone does every answer come from the new one.
      while (isAlive(worker)) await sleep(10);
    },
    async stop() {
      holder.stdin.end();
      await exited;
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
    ${options.mainExtra ?? ""}
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function waitUntilOpen(port: number, errorFile: string): Promise<void> {
  for (let tries = 0; !(await isOpen(port)); tries++) {
    if (tries > 1_000) throw new Error(`nginx does not answer: ${await readFile(errorFile, "utf8")}`);
    await sleep(10);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** The process that answers now. */
export async function workerPid(request: RunningNginx["request"]): Promise<number> {
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
