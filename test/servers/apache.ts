import { readFile, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { startHttpd } from "./httpd.ts";
import { isInstalled } from "./server.ts";
import type { RuleServer, RunningServer, ServerOptions } from "./server.ts";

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

/** Runs a real Apache whose virtual host includes the generated file. */
export async function startApache(options: ApacheOptions): Promise<RunningServer> {
  const { publicDir, mount = "/", env, modules = [] } = options;
  const httpd = await startHttpd({
    publicDir,
    env,
    modules: ["alias", ...modules],
    configuration: (home, port) => virtualHost(options, home, port),
  });
  return {
    ...httpd,
    url: `http://127.0.0.1:${httpd.port}${mount}`,
    async reload() {
      httpd.testConfiguration();
      const master = Number(await readFile(httpd.pidFile, "utf8"));
      const before = await childrenOf(master);
      process.kill(master, "SIGUSR1");
      // Children of the old generation go on until they have answered; only then does every answer come from the new one.
      while ((await childrenOf(master)).some((child) => before.includes(child))) await sleep(20);
    },
  };
}

function virtualHost(options: ApacheOptions, home: string, port: number): string {
  const { publicDir, rulesDir, mount = "/", extra = "", serverExtra = "", extraAfter = "" } = options;
  return `
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

async function childrenOf(parent: number): Promise<readonly string[]> {
  const tasks = await readdir(`/proc/${parent}/task`);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${parent}/task/${task}/children`, "utf8")));
  return lists.flatMap((list) => list.split(" ").filter((pid) => pid !== ""));
}
