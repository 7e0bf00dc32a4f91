import { execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { freePort } from "../servers/server-process.ts";

/** A real Pulp on loopback, that ends when `stop` is called, and also when this process dies without a word. */
export interface PulpServer {
  /** `http://127.0.0.1:PORT/pulp/api/v3/` */
  readonly api: string;
  /** `http://127.0.0.1:PORT/pulp/content/` */
  readonly content: string;
  readonly contentPort: number;
  readonly user: string;
  readonly password: string;
  /** Runs `pulp ARGS` as the administrator, and returns the JSON that it prints. */
  cli(...args: readonly string[]): Promise<unknown>;
  /** Changes the database behind Pulp's back: its API takes no times. */
  sql(statement: string): Promise<void>;
  stop(): Promise<void>;
}

const here = import.meta.dirname;
const user = "admin";

export async function startPulp(): Promise<PulpServer> {
  const installed = execFileSync("sh", [path.join(here, "install.sh")], { encoding: "utf8" }).trim();
  const programs = installed.slice(installed.lastIndexOf("\n") + 1);
  const password = randomBytes(16).toString("hex");
  const [apiPort, contentPort] = [await freePort(), await freePort()];
  const args = [path.join(here, "start.sh"), path.join(programs, "server/bin"), String(apiPort), String(contentPort)];
  // In a group of its own: what a terminal sends to this one must not stop half of it.
  const script = spawn("bash", args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PULP_PASSWORD: password },
    detached: true,
  });
  const exited = once(script, "exit");
  // The run was interrupted, and this process would go on without it.
  process.once("disconnect", () => script.stdin.end());
  const said = await Promise.race([once(script.stdout, "data"), exited]);
  const [, home = ""] = /^ready (.*)\n$/.exec(String(said[0])) ?? [];
  if (home === "") throw new Error(`Pulp did not start: ${String(said[0])}`);

  // In the folder that goes with Pulp, because a password is in it.
  const cliHome = path.join(home, "cli");
  mkdirSync(path.join(cliHome, ".config/pulp"), { recursive: true });
  const settings = { base_url: `http://127.0.0.1:${apiPort}`, username: user, password };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = "${value}"\n`);
  writeFileSync(path.join(cliHome, ".config/pulp/cli.toml"), `[cli]\n${lines.join("")}`, { mode: 0o600 });
  const environment = { HOME: cliHome, PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" };
  return {
    api: `http://127.0.0.1:${apiPort}/pulp/api/v3/`,
    content: `http://127.0.0.1:${contentPort}/pulp/content/`,
    contentPort,
    user,
    password,
    async cli(...words) {
      const pulp = path.join(programs, "cli/bin/pulp");
      const { stdout } = await promisify(execFile)(pulp, words, { env: environment });
      return stdout.trim() === "" ? undefined : JSON.parse(stdout);
    },
    async sql(statement) {
      await promisify(execFile)("psql", [
        "--host",
        path.join(home, "socket"),
        "--username=pulp",
        "--set=ON_ERROR_STOP=1",
        "--command",
        statement,
        "pulp",
      ]);
    },
    async stop() {
      script.stdin.end();
      await exited;
    },
  };
}
