import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { rawRequest } from "./raw-request.ts";
import { isInstalled } from "./server.ts";
import type { RunningServer, ServerMember, ServerOptions } from "./server.ts";
import { freePort, holdProcess, waitUntilOpen } from "./server-process.ts";

export interface LighttpdOptions extends ServerOptions {
  /** Document root in place of publicDir. */
  readonly root?: string;
  /** Lines of a user behind the include. */
  readonly extraAfter?: string;
  /** What stands in place of the include. */
  readonly include?: string;
}

/** lighttpd with the generated file included. */
export const lighttpdServer: ServerMember = {
  server: "lighttpd",
  isAvailable: lighttpdAvailable,
  start: startLighttpd,
  traits: {
    emptyDirectory: 404,
    plainText: "text/plain",
    html: "text/html",
    timeZone: "Asia/Tokyo",
    carries: 100_000,
    followsAllLinks: true,
    seenTarget,
  },
};

/**
 * lighttpd answers 400 to an encoded control character anywhere in a target, and drops `..` above the root, as RFC 3986 5.2.4 has it, where the reference answers 400: what remains is then
 * no path of ours.
 */
function seenTarget(target: string): string | undefined {
  if (/%(?:[01][0-9a-f]|7f)/i.test(target)) return undefined;
  const local = target.replace(/^https?:\/\/[^/?]*(\??)/, (_, mark: string) => (mark === "" ? "" : "/?"));
  return local.includes("/../../../../../") ? local.slice(local.lastIndexOf("/../") + 3) : local;
}

export function lighttpdAvailable(): boolean {
  return isInstalled("lighttpd", "-v") && hasMagnet();
}

/** Whether mod_magnet is installed, which is a package of its own. Throws like `isInstalled` where it must be. */
function hasMagnet(): boolean {
  const input = 'server.document-root = "/"\nserver.modules = ( "mod_magnet" )\n';
  const { status, stderr } = spawnSync("lighttpd", ["-tt", "-f", "-"], { input, encoding: "utf8" });
  if (status !== 0 && process.env["CI"] !== undefined && process.env["CI"] !== "") throw new Error(stderr);
  return status === 0;
}

/** Runs a real lighttpd in the foreground on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export async function startLighttpd(options: LighttpdOptions): Promise<RunningServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-lighttpd-"));
  // For whoever the server runs as.
  await chmod(home, 0o777);
  const configFile = path.join(home, "lighttpd.conf");
  const errorFile = path.join(home, "error.log");
  const port = await freePort();
  await writeFile(configFile, mainConfig(options, home, port));
  const configTest = testConfig(configFile);
  const includedFile = path.join(options.rulesDir, "lighttpd/asof.conf");
  let included = await readFile(includedFile, "utf8");

  const held = holdProcess("lighttpd", ["-D", "-f", configFile], options.env);
  const errorLog = (): Promise<string> => readFile(errorFile, "utf8");
  await waitUntilOpen(port, errorLog);

  return {
    url: `http://127.0.0.1:${port}${options.mount ?? "/"}`,
    port,
    configTest,
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog,
    async reload() {
      testConfig(configFile);
      const now = await readFile(includedFile, "utf8");
      if (now === included) {
        await sleep(secondsChange);
        return;
      }
      included = now;
      const started = startsIn(await errorLog());
      process.kill(await held.pid(), "SIGUSR1");
      while (startsIn(await errorLog()) === started) await sleep(10);
    },
    async stop() {
      await held.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Milliseconds after which every clock shows another second: then the program looks at its data, and lighttpd at the files that it has open. */
const secondsChange = 1_100;

function startsIn(log: string): number {
  return log.split("server started").length;
}

function mainConfig(options: LighttpdOptions, home: string, port: number): string {
  const { publicDir, rulesDir, mount = "/" } = options;
  const root = options.root ?? (mount === "/" ? publicDir : home);
  return `
    server.port = ${port}
    server.bind = "127.0.0.1"
    server.document-root = "${root}"
    server.errorlog = "${home}/error.log"
    server.upload-dirs = ( "${home}" )
    server.max-keep-alive-requests = 1000000
    server.max-keep-alive-idle = 60
    index-file.names = ( "index.html" )
    ${options.extra ?? ""}
    ${options.include ?? `include "${rulesDir}/lighttpd/asof.conf"`}
    ${options.extraAfter ?? ""}
  `;
}

function testConfig(configFile: string): string {
  const { status, stderr } = spawnSync("lighttpd", ["-tt", "-f", configFile], { encoding: "utf8" });
  if (status !== 0) throw new Error(`lighttpd refuses the configuration: ${stderr}`);
  return stderr;
}
