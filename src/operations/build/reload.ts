import path from "node:path";

import { Failure } from "../../failure.ts";
import { runCommand } from "./run-command.ts";
import type { Workspace } from "../workspace.ts";

/** Runs the configured command; a failure is returned, because the rest of the build still has to be done. */
export async function reload({ config, signal }: Pick<Workspace, "config" | "signal">): Promise<Failure | undefined> {
  if (config.reload === undefined) return undefined;
  const failed = await runCommand(config.reload, { signal, cwd: path.dirname(config.file), timeoutMs: 60_000 });
  if (failed === undefined) return undefined;
  const { how, said, cause } = failed;
  // The last line is where programs say what it came to; it stands in the message, because that is all that status lines and logs keep.
  const last = said.at(-1);
  const line = config.reload.join(" ");
  return new Failure("RELOAD", `the reload command failed (${how}): ${line}${last === undefined ? "" : `: ${last}`}`, {
    cause,
    details: said.slice(-10, -1),
    hint: "the site is whole and the new rules are in place; the next run tries again",
  });
}
