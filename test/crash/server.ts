import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rawRequests } from "../servers/raw-request.ts";
import type { RawResponse } from "../servers/raw-request.ts";
import { freePort, holdProcess, waitUntilOpen } from "../servers/server-process.ts";

/** A real nginx over `dir`/live, that asof itself reloads; one for many cases. */
export interface CrashServer {
  readonly get: (targets: readonly string[]) => Promise<readonly RawResponse[]>;
  /** Waits for the reload that the last run asked for, if it did; what nginx said when it refused. */
  readonly settle: () => Promise<string | undefined>;
  /** Has it read the rules as they lie on disk, if it did not yet; what nginx said when it refused. */
  readonly load: () => Promise<string | undefined>;
  readonly stop: () => Promise<void>;
}

/** `dir` gets what nginx writes, and the reload command. There need be no rules yet: an include with a pattern may find none. */
export async function startCrashServer(dir: string): Promise<CrashServer> {
  const live = path.join(dir, "live");
  const home = path.join(dir, "nginx");
  for (const folder of [home, path.join(live, "public")]) mkdirSync(folder, { recursive: true });
  const configFile = path.join(home, "nginx.conf");
  const errorFile = path.join(home, "error.log");
  const args = ["-p", home, "-e", errorFile, "-c", configFile];
  const port = await freePort();
  writeFileSync(configFile, configText(live, home, port));
  // Reload, and leave what was loaded.
  writeFileSync(
    path.join(dir, "reload.sh"),
    'cat rules/nginx/http.conf rules/nginx/server.conf > ../loaded && kill -HUP "$(cat ../nginx/nginx.pid)"\n',
  );
  const mark = path.join(dir, "loaded");
  const held = holdProcess("nginx", args);
  const errors = (): string => (existsSync(errorFile) ? readFileSync(errorFile, "utf8") : "");
  await waitUntilOpen(port, async () => errors());
  const onDisk = (): string =>
    ["http.conf", "server.conf"]
      .map((name) => path.join(live, "rules", "nginx", name))
      .map((file) => (existsSync(file) ? readFileSync(file, "utf8") : ""))
      .join("");
  let loaded = onDisk();

  /** Waits until workers of a reload that was asked for at `since` are all that is left: several may have been asked for in a row. */
  async function workersSince(since: number): Promise<string | undefined> {
    const master = Number(readFileSync(path.join(home, "nginx.pid"), "utf8"));
    const begun = performance.now();
    for (;;) {
      const starts = childrenOf(master).map(startedAt);
      // The kernel tells when a process began in hundredths of a second.
      if (starts.length > 0 && starts.every((start) => start !== undefined && start >= since - 40)) return undefined;
      if (performance.now() - begun > 10_000) return `nginx does not take the rules: ${errors().slice(-500)}`;
      await sleep(2);
    }
  }

  return {
    get: (targets) =>
      rawRequests(
        port,
        targets.map((target) => ({ target })),
      ),
    async settle() {
      if (!existsSync(mark)) return undefined;
      loaded = readFileSync(mark, "utf8");
      const since = statSync(mark).mtimeMs;
      rmSync(mark);
      return workersSince(since);
    },
    async load() {
      if (onDisk() === loaded) return undefined;
      const { status, stderr } = spawnSync("nginx", ["-t", ...args], { encoding: "utf8" });
      if (status !== 0) return `nginx refuses the rules on disk: ${stderr}`;
      loaded = onDisk();
      const since = Date.now();
      process.kill(Number(readFileSync(path.join(home, "nginx.pid"), "utf8")), "SIGHUP");
      return workersSince(since);
    },
    stop: () => held.stop(),
  };
}

function configText(live: string, home: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    daemon off;
    worker_processes 1;
    pid ${home}/nginx.pid;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events { worker_connections 64; }
    http {
      access_log off;
      keepalive_requests 1000000;
      ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join(" ")}
      include "${live}/rules/nginx/http.con[f]";
      server {
        listen 127.0.0.1:${port};
        root "${live}/public";
        include "${live}/rules/nginx/server.con[f]";
      }
    }
  `;
}

function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.split(" ").filter(Boolean).map(Number);
}

/** When a process began, in milliseconds since 1970; undefined when it is gone. */
function startedAt(pid: number): number | undefined {
  try {
    const ticks = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19]);
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    return Date.now() - (uptime - ticks / 100) * 1000;
  } catch {
    return undefined;
  }
}
