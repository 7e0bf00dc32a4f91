import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { Failure } from "../failure.ts";
import { replaceFile } from "../store/disk.ts";
import type { BuildPlan } from "./build.ts";
import { checkRules, refusedRules } from "./check-rules.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Puts the rules in place and has the server read them. Where the servers are asked first and one refuses, the old rules stay, which go on being true; a failure is returned, because
 * the rest of the build still has to be done.
 */
export async function replaceRules(
  workspace: Workspace,
  plan: Pick<BuildPlan, "rules" | "reload">,
  folder: string,
): Promise<Failure | undefined> {
  if (workspace.config.checkRules && plan.rules.length > 0) {
    const refused = (await checkRules(workspace, folder)).filter(({ outcome }) => outcome === "refused");
    if (refused.length > 0) return refusedRules(refused);
  }
  for (const file of plan.rules) replaceFile(file.path, file.content);
  return plan.reload ? reload(workspace) : undefined;
}

/** Runs the configured command; a failure is returned, because the rest of the build still has to be done. */
async function reload({ config, signal }: Workspace): Promise<Failure | undefined> {
  const [command, ...args] = config.reload ?? [];
  if (command === undefined) return undefined;
  try {
    await promisify(execFile)(command, args, { signal, timeout: 60_000, cwd: path.dirname(config.file) });
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    const stderr = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    return new Failure("RELOAD", `the reload command failed: ${[command, ...args].join(" ")}`, {
      cause,
      details: stderr === "" ? [] : stderr.split("\n").slice(0, 10),
      hint: "the site is whole and the new rules are in place; the next run tries again",
    });
  }
}
