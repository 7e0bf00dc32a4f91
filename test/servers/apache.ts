import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rawRequest } from "./raw-request.ts";
import { isInstalled } from "./server.ts";
import type { RuleServer, RunningServer, ServerOptions } from "./server.ts";
import { freePort, holdProcess, waitUntilOpen } from "./server-process.ts";

export interface ApacheOptions extends ServerOptions {
  /** Lines of a user: for the whole server, and in the virtual host behind the rules. `${port}` in them is the port. */
  readonly serverExtra?: string;
  readonly extraAfter?: string;
  /** Modules beside those that the rules need. */
  readonly modules?: readonly string[];
}

/** Apache httpd with the generated file included in a virtual host. */
export const apacheServer: RuleServer = {
  server: "apache",
  isAvailable: () => isInstalled("apache2", "-v"),
  start: startApache,
  traits: {
    emptyDirectory: 404,
    plainText: "text/plain; charset=utf-8",
    html: "text/html",
    timeZone: "UTC",
    carries: 100_000,
    seenTarget: (target) => {
      // An encoded NUL is refused with 404 before any rule is asked.
      if (/^[^?]*%00/.test(target)) return undefined;
      const own = target.replace(/^https?:\/\/[^/?]*/, "");
      return own.startsWith("/") ? own : `/${own}`;
    },
    addsSlashToLinks: true,
    hidesLengthOn416: true,
    hidesLengthOfErrors: true,
  },
};

/** Runs a real Apache in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startApache(options: ApacheOptions): Promise<RunningServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-apache-"));
  const configFile = path.join(home, "httpd.conf");
  const errorFile = path.join(home, "error.log");
  const pidFile = path.join(home, "httpd.pid");
  // Run by root, Apache answers as somebody else, who has to get at temporary directories.
  for (const folder of [home, path.dirname(options.publicDir)]) await chmod(folder, 0o755);
  const port = await freePort();
  await writeFile(configFile, mainConfig(options, home, port));
  const args = ["-d", home, "-f", configFile];
  const configTest = testConfig(args);
  const held = holdProcess("apache2", [...args, "-DFOREGROUND"], options.env);
  const errorLog = (): Promise<string> => readFile(errorFile, "utf8");
  await waitUntilOpen(port, errorLog);
  return {
    url: `http://127.0.0.1:${port}${options.mount ?? "/"}`,
    port,
    configTest,
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog,
    async reload() {
      testConfig(args);
      const master = Number(await readFile(pidFile, "utf8"));
      const before = await childrenOf(master);
      process.kill(master, "SIGUSR1");
      // Children of the old generation go on until they have answered; only then does every answer come from the new one.
      while ((await childrenOf(master)).some((child) => before.includes(child))) await sleep(20);
    },
    async stop() {
      await held.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function mainConfig(options: ApacheOptions, home: string, port: number): string {
  const { publicDir, rulesDir, mount = "/", extra = "", serverExtra = "", extraAfter = "", modules = [] } = options;
  const needed = ["mpm_event", "authz_core", "mime", "dir", "alias", "rewrite", "headers", "setenvif", ...modules];
  return `
    ServerName localhost
    Define port ${port}
    Listen 127.0.0.1:${port}
    PidFile "${home}/httpd.pid"
    DefaultRuntimeDir "${home}"
    ErrorLog "${home}/error.log"
    ${needed.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n    ")}
    ${process.getuid?.() === 0 ? "User nobody\n    Group nogroup" : ""}
    StartServers 1
    ServerLimit 2
    ThreadsPerChild 25
    MaxRequestWorkers 25
    MinSpareThreads 1
    MaxSpareThreads 50
    MaxKeepAliveRequests 0
    TypesConfig /etc/mime.types
    <Directory />
      AllowOverride None
      Require all denied
    </Directory>
    ${serverExtra}
    <VirtualHost *:${port}>
      DocumentRoot "${mount === "/" ? publicDir : home}"
      ${extra}
      Include "${rulesDir}/apache/asof.conf"
      ${extraAfter}
    </VirtualHost>
  `;
}

function testConfig(args: readonly string[]): string {
  const { status, stderr } = spawnSync("apache2", [...args, "-t"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Apache refuses the configuration: ${stderr}`);
  return stderr;
}

async function childrenOf(parent: number): Promise<readonly string[]> {
  const tasks = await readdir(`/proc/${parent}/task`);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${parent}/task/${task}/children`, "utf8")));
  return lists.flatMap((list) => list.split(" ").filter((pid) => pid !== ""));
}
