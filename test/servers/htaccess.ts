import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";

import { startHttpd } from "./httpd.ts";
import { isInstalled } from "./server.ts";
import type { RunningServer, ServerMember, ServerOptions } from "./server.ts";

export interface HtaccessOptions extends Omit<ServerOptions, "rulesDir"> {
  /** Default `FileInfo`, the least that the files need. */
  readonly allowOverride?: string;
  /** Modules beside those that the files need. */
  readonly modules?: readonly string[];
}

/** An Apache whose configuration knows nothing of asof, as a host has one: all rules stand in `.htaccess` files in public/. */
export const htaccessServer: ServerMember = {
  server: "htaccess",
  isAvailable: () => isInstalled("apache2", "-v"),
  start: startHtaccess,
  traits: {
    emptyDirectory: 404,
    plainText: "text/plain; charset=utf-8",
    html: "text/html",
    timeZone: "UTC",
    carries: 100_000,
    seenTarget,
    hidesLengthOn416: true,
    hidesLengthOfErrors: true,
    hasNoMemento: true,
    addsSlashFirst: true,
    complaint:
      /\[[a-z_]+:(?:warn|error|crit|alert|emerg)\](?!.*(?:Symbolic link not allowed|client denied by server|Attempt to serve directory))/,
  },
};

/** What the files are given of a raw request target: Apache decides by itself what has an encoded slash or NUL in its path, or a name that no file system has. */
function seenTarget(target: string): string | undefined {
  const own = target.replace(/^https?:\/\/[^/?]*/, "");
  const [rawPath = ""] = own.split("?");
  if (/%00|%2f/i.test(rawPath) || rawPath.split("/").some((name) => name.length > 255)) return undefined;
  return own.startsWith("/") ? own : `/${own}`;
}

/** `extra` are lines of the host's own, for the whole server. */
export async function startHtaccess(options: HtaccessOptions): Promise<RunningServer> {
  const { mount = "/", modules = [] } = options;
  const { publicDir, env } = options;
  const httpd = await startHttpd({ publicDir, env, modules, configuration: (home) => hostConfig(options, home) });
  return {
    ...httpd,
    url: `http://127.0.0.1:${httpd.port}${mount}`,
    // Files count from the next request on.
    reload: () => Promise.resolve(),
  };
}

async function hostConfig(options: HtaccessOptions, home: string): Promise<string> {
  const { publicDir, mount = "/", allowOverride = "FileInfo", extra = "" } = options;
  const root = mount === "/" ? publicDir : path.join(home, "root");
  if (mount !== "/") {
    const place = path.join(root, decodeURIComponent(mount.slice(0, -1)));
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(publicDir, place);
  }
  return `
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
