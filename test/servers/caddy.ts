import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { rawRequest } from "./raw-request.ts";
import { isInstalled } from "./server.ts";
import type { RuleServer, RunningServer, ServerOptions } from "./server.ts";
import { freePort, holdProcess, waitUntilOpen } from "./server-process.ts";

export interface CaddyOptions extends ServerOptions {
  /** Directives of a user in the site block behind the import. */
  readonly extraAfter?: string;
  /** What stands in place of the whole site block; `:PORT` in it is the port. */
  readonly sites?: string;
}

/** Caddy with the generated file imported. `CADDY` names another program than the one in PATH. */
export const caddyServer: RuleServer = {
  server: "caddy",
  isAvailable: caddyAvailable,
  start: startCaddy,
  traits: {
    emptyDirectory: 404,
    plainText: "text/plain; charset=utf-8",
    html: "text/html",
    timeZone: "Asia/Tokyo",
    carries: 100_000,
    followsAllLinks: true,
    hidesRedirectsFromScripts: true,
  },
};

const program = process.env["CADDY"] ?? "caddy";

export function caddyAvailable(): boolean {
  return isInstalled(program, "version");
}

/** Runs a real Caddy in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startCaddy(options: CaddyOptions): Promise<RunningServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-caddy-"));
  const configFile = path.join(home, "Caddyfile");
  const errorFile = path.join(home, "error.log");
  const admin = `unix/${home}/admin.sock`;
  const port = await freePort();
  const env = { ...options.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
  const args = ["--config", configFile, "--adapter", "caddyfile"];
  await writeFile(configFile, mainConfig(options, home, port, admin));
  const configTest = testConfig(args, env);

  const held = holdProcess(program, ["run", ...args], env);
  const errorLog = (): Promise<string> => readFile(errorFile, "utf8").catch(() => "");
  await waitUntilOpen(port, errorLog);

  return {
    url: `http://127.0.0.1:${port}${options.mount ?? "/"}`,
    port,
    configTest,
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog,
    async reload() {
      testConfig(args, env);
      await run(["reload", "--address", admin, ...args], env);
    },
    async stop() {
      await held.stop();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function mainConfig(options: CaddyOptions, home: string, port: number, admin: string): string {
  const { publicDir, rulesDir, mount = "/" } = options;
  const site = `
    http://:PORT {
      bind 127.0.0.1
      root * "${mount === "/" ? publicDir : path.join(home, "nothing")}"
      ${options.extra ?? ""}
      import "${rulesDir}/caddy/asof.caddy"
      ${options.extraAfter ?? ""}
      file_server
    }
  `;
  return `
    {
      admin ${admin}
      auto_https off
      log {
        output file ${home}/error.log
        level WARN
      }
    }
    ${(options.sites ?? site).replaceAll(":PORT", `:${port}`)}
  `;
}

function testConfig(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const { status, stderr } = spawnSync(program, ["validate", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`Caddy refuses the configuration: ${stderr}`);
  return stderr;
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
    const said: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`caddy ${args[0] ?? ""}: ${Buffer.concat(said).toString()}`));
    });
  });
}
