import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { rawRequest } from "./raw-request.ts";
import type { RunningServer } from "./server.ts";
import { freePort, holdProcess, waitUntilOpen } from "./server-process.ts";

export interface HttpdOptions {
  /** What is served: its parent directory is opened for everybody. */
  readonly publicDir: string;
  /** Names without `mod_`, beside those that every configuration here needs. */
  readonly modules: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What to serve, and how. `home` is a directory of its own for everything that the server and its configuration need. */
  configuration(home: string, port: number): string | Promise<string>;
}

/** A running Apache httpd, whose configuration nobody has read again yet. */
export interface Httpd extends Omit<RunningServer, "url" | "reload"> {
  readonly pidFile: string;
  /** What the server says of the configuration that stands on disk now. Throws when it refuses it. */
  testConfiguration(): string;
}

/** Runs a real Apache in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startHttpd(options: HttpdOptions): Promise<Httpd> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-httpd-"));
  const removeHome = (): Promise<void> => rm(home, { recursive: true, force: true });
  const configFile = path.join(home, "httpd.conf");
  const pidFile = path.join(home, "httpd.pid");
  // Run by root, Apache answers as somebody else, who has to get at temporary directories.
  for (const folder of [home, path.dirname(options.publicDir)]) await chmod(folder, 0o755);
  const port = await freePort();
  await writeFile(configFile, preamble(home, port, options.modules) + (await options.configuration(home, port)));
  const args = ["-d", home, "-f", configFile];
  const testConfiguration = (): string => {
    const { status, stderr } = spawnSync("apache2", [...args, "-t"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`Apache refuses the configuration: ${stderr}`);
    return stderr;
  };
  const configTest = await orElse(testConfiguration, removeHome);
  const held = holdProcess("apache2", [...args, "-DFOREGROUND"], options.env);
  const errorLog = (): Promise<string> => readFile(path.join(home, "error.log"), "utf8");
  await waitUntilOpen(port, errorLog);
  return {
    port,
    pidFile,
    configTest,
    testConfiguration,
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog,
    async stop() {
      await held.stop();
      await removeHome();
    },
  };
}

async function orElse<Result>(attempt: () => Result, cleanUp: () => Promise<void>): Promise<Result> {
  try {
    return attempt();
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function preamble(home: string, port: number, modules: readonly string[]): string {
  const needed = ["mpm_event", "authz_core", "mime", "dir", "rewrite", "headers", "setenvif", ...modules];
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
  `;
}
