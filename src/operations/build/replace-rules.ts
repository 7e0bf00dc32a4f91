import type { Failure } from "../../failure.ts";
import { replaceFile } from "../../store/disk.ts";
import type { BuildPlan } from "./build.ts";
import { checkRules, refusedRules } from "./check-rules.ts";
import { reload } from "./reload.ts";
import type { Workspace } from "../workspace.ts";

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
