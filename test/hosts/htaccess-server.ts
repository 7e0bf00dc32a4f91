import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { quoteHtaccess } from "../../src/redirects/apache-htaccess/htaccess-quote.ts";
import { htaccessHost } from "../../src/redirects/apache-htaccess/htaccess.ts";
import type { RulesFile, RulesInput } from "../../src/redirects/rules.ts";
import { openTemplates } from "../../src/templates.ts";
import { rawRequest } from "../servers/raw-request.ts";
import type { RawRequest, RawResponse } from "../servers/raw-request.ts";
import { isInstalled } from "../servers/server.ts";
import { freePort, holdProcess, waitUntilOpen } from "../servers/server-process.ts";

export interface HtaccessOptions {
  readonly publicDir: string;
  /** Where public/ lies below the document root. */
  readonly mount?: string;
  /** Default `FileInfo`, the least that the files need. */
  readonly allowOverride?: string;
  /** Lines of the host's own configuration, for the whole server. */
  readonly extra?: string;
  /** Modules beside those that the files need. */
  readonly modules?: readonly string[];
  readonly timeZone?: string;
}

/** An Apache on a free port of 127.0.0.1 whose configuration knows nothing of asof. */
export interface HtaccessServer {
  readonly port: number;
  request(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  errorLog(): Promise<string>;
  stop(): Promise<void>;
}

export function apacheAvailable(): boolean {
  return isInstalled("apache2", "-v");
}

/** The files for public/, in the order in which they are to be replaced. */
export function htaccessFiles(input: RulesInput): readonly RulesFile[] {
  return htaccessHost(openTemplates({ folder: "hosts/htaccess", escape: quoteHtaccess })).render(input).public;
}

export async function writeHtaccess(publicDir: string, files: readonly RulesFile[]): Promise<void> {
  for (const file of files) {
    const target = path.join(publicDir, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(`${target}.new`, file.content);
    await rename(`${target}.new`, target);
  }
}

export async function startHtaccess(options: HtaccessOptions): Promise<HtaccessServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-htaccess-"));
  const configFile = path.join(home, "httpd.conf");
  const errorFile = path.join(home, "error.log");
  // Run by root, Apache answers as somebody else, who has to get at temporary directories.
  for (const directory of [home, path.dirname(options.publicDir)]) await chmod(directory, 0o755);
  const port = await freePort();
  await writeFile(configFile, await mainConfig(options, home, port));
  const args = ["-d", home, "-f", configFile];
  const { status, stderr } = spawnSync("apache2", [...args, "-t"], { encoding: "utf8" });
  if (status !== 0) {
    await rm(home, { recursive: true, force: true });
    throw new Error(`Apache refuses the configuration: ${stderr}`);
  }
  const held = holdProcess("apache2", [...args, "-DFOREGROUND"], { TZ: options.timeZone ?? "UTC" });
  const errorLog = (): Promise<string> => readFile(errorFile, "utf8");
  await waitUntilOpen(port, errorLog);
  return {
    port,
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog,
    async stop() {
      await held.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function mainConfig(options: HtaccessOptions, home: string, port: number): Promise<string> {
  const { publicDir, mount = "/", allowOverride = "FileInfo", extra = "", modules = [] } = options;
  const root = mount === "/" ? publicDir : path.join(home, "root");
  if (mount !== "/") {
    const place = path.join(root, decodeURIComponent(mount.slice(0, -1)));
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(publicDir, place);
  }
  const needed = ["mpm_event", "authz_core", "mime", "dir", "rewrite", "headers", "setenvif", ...modules];
  return `
    ServerName localhost
    Listen 127.0.0.1:${port}
    PidFile "${home}/httpd.pid"
    DefaultRuntimeDir "${home}"
    ErrorLog "${home}/error.log"
    ${needed.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n    ")}
    ${process.getuid?.() === 0 ? `User nobody\n    Group nogroup` : ""}
    StartServers 1
    ServerLimit 2
    ThreadsPerChild 25
    MaxRequestWorkers 50
    MinSpareThreads 5
    MaxSpareThreads 50
    MaxKeepAliveRequests 0
    TypesConfig /etc/mime.types
    AccessFileName .htaccess
    <FilesMatch "^\\.ht">
      Require all denied
    </FilesMatch>
    <Directory />
      Options SymLinksIfOwnerMatch
      AllowOverride None
    </Directory>
    DocumentRoot "${root}"
    <Directory "${root}">
      AllowOverride ${allowOverride}
      Require all granted
    </Directory>
    ${extra}
  `;
}
