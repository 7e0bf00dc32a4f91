import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { hasErrorCode } from "../../error-code.ts";
import { Failure } from "../../failure.ts";
import type { ServerName } from "../../model/server-name.ts";
import { syntaxChecks } from "../../redirects/syntax-check.ts";
import { rulesFiles } from "./rules-files.ts";
import type { Workspace } from "../workspace.ts";

/** What a server's own syntax check said of the rules that belong to the state. */
export interface RulesCheck {
  readonly server: ServerName;
  readonly outcome: "accepted" | "refused" | "not installed";
  /** Its first line of version information, undefined when it is not installed. */
  readonly version: string | undefined;
  /** What it printed, line by line. */
  readonly output: readonly string[];
}

/**
 * Lets every configured server that is installed check the rules, in a configuration that holds nothing else: whoever runs this needs no right to read the server's own. `folder` must be empty and
 * private; everything that the check needs is written into it.
 */
export async function checkRules(workspace: Workspace, folder: string): Promise<readonly RulesCheck[]> {
  const rulesDir = path.join(folder, "rules");
  for (const file of rulesFiles(workspace, rulesDir)) {
    mkdirSync(path.dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.content);
  }
  const checks: RulesCheck[] = [];
  for (const server of workspace.config.servers) checks.push(await checkServer(workspace, server, folder, rulesDir));
  return checks;
}

/** What to tell of rules that a server does not accept. */
export function refusedRules(refused: readonly RulesCheck[]): Failure {
  return new Failure("RULES", `the rules are refused by ${refused.map(({ server }) => server).join(", ")}`, {
    details: refused.flatMap(({ server, output }) => output.slice(-5).map((line) => `${server}: ${line}`)),
    hint: "the rules in place are as they were; asof rules lists what the servers need; a server that is not used here can be left out of servers",
  });
}

async function checkServer(
  workspace: Workspace,
  server: ServerName,
  folder: string,
  rulesDir: string,
): Promise<RulesCheck> {
  const check = syntaxChecks[server];
  const home = path.join(folder, server);
  mkdirSync(home, { recursive: true });
  const run = (args: readonly string[]): Promise<Ran | undefined> => runFirst(check.commands, args, home, workspace);
  const version = await run(check.versionArgs);
  if (version === undefined) return { server, outcome: "not installed", version: undefined, output: [] };
  const modules = apacheModuleFolders.find((one) => existsSync(one));
  const file = path.join(home, "check.conf");
  writeFileSync(file, check.config({ home, rulesDir, publicDir: workspace.config.publicDir, modules }));
  const ran = await run(check.args(file, home));
  return {
    server,
    outcome: ran?.ok === true ? "accepted" : "refused",
    version: version.output[0],
    output: ran?.output ?? [],
  };
}

interface Ran {
  readonly ok: boolean;
  readonly output: readonly string[];
}

/** Runs the first of `commands` that there is; undefined when there is none. cron's path leaves out the folders in which servers are. */
async function runFirst(
  commands: readonly string[],
  args: readonly string[],
  home: string,
  { signal }: Workspace,
): Promise<Ran | undefined> {
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_DATA_HOME: home,
    PATH: `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`,
  };
  for (const command of commands) {
    try {
      const { stdout, stderr } = await promisify(execFile)(command, args, {
        signal,
        env,
        timeout: 60_000,
        maxBuffer: 2 ** 26,
      });
      return { ok: true, output: linesOf(stdout + stderr) };
    } catch (error) {
      signal.throwIfAborted();
      if (hasErrorCode(error, "ENOENT", "EACCES")) continue;
      return { ok: false, output: linesOf(outputOf(error)) };
    }
  }
  return undefined;
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const printed = ["stdout" in error ? String(error.stdout) : "", "stderr" in error ? String(error.stderr) : ""].join(
    "",
  );
  return printed === "" ? error.message : printed;
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Where distributions keep Apache's modules. */
const apacheModuleFolders = [
  "/usr/lib/apache2/modules",
  "/usr/lib64/httpd/modules",
  "/usr/lib/httpd/modules",
  "/usr/libexec/apache2",
  "/usr/local/apache2/modules",
];
