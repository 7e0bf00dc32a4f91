import type { Config } from "../../model/config.ts";
import { planRepair } from "../../operations/repair/plan-repair.ts";
import type { PlannedRepair, RepairAction } from "../../operations/repair/plan-repair.ts";
import type { RepairResult } from "../../operations/repair/repair.ts";
import type { Verification } from "../../operations/verify/verify.ts";
import type { CommandResult } from "../command.ts";
import { behindSiteLines, countText, findingJson, findingLines, shownFile, verificationJson } from "./verify-report.ts";

/** What a repair would do about each finding. */
export function repairPlanReport(found: Verification, config: Config): CommandResult {
  const planned = planRepair(found);
  return {
    text: () =>
      planned.length === 0
        ? "nothing to repair\n"
        : [
            ...behindSiteLines(found),
            ...planned.flatMap((one) => [...findingLines(one.finding, config), `  -> ${actionText(one)}`]),
          ]
            .map((line) => `${line}\n`)
            .join(""),
    json: () => ({ ...verificationJson(found), repairs: planned.map(plannedJson) }),
  };
}

/** What a repair did, and what it could not mend with what that affects. */
export function repairReport(result: RepairResult, config: Config): CommandResult {
  return {
    text: () => `${resultLines(result, config).join("\n")}\n`,
    json: () => ({
      ...verificationJson(result.before),
      repaired: result.repaired.map(findingJson),
      remaining: result.remaining.map(plannedJson),
      replaced: result.replaced,
      setAside: result.setAside,
      troubles: result.troubles,
    }),
  };
}

function resultLines(
  { before, repaired, remaining, replaced, setAside }: RepairResult,
  config: Config,
): readonly string[] {
  const counts = `${countText(before.objects, "object")}, ${countText(before.checkpoints, "checkpoint")}`;
  const outcome =
    before.findings.length === 0 && setAside.length === 0
      ? "no damage"
      : `${countText(before.findings.length, "finding")}, ${repaired.length} repaired, ${remaining.length} left`;
  return [
    ...repaired.map(({ kind, path }) => `repaired: ${kind} ${shownFile(path, config)}`),
    ...(replaced > 0
      ? [`replaced ${countText(replaced, "file")} and links of the site that led to damaged objects`]
      : []),
    ...setAside.map(({ from, to }) => `set aside: ${shownFile(from, config)} is now ${shownFile(to, config)}`),
    ...remaining.flatMap((one) => [...findingLines(one.finding, config), `  not repaired: ${leftText(one)}`]),
    `verified ${counts}: ${outcome}`,
  ];
}

function plannedJson({ finding, action, reason }: PlannedRepair): object {
  return { ...findingJson(finding), action, reason };
}

function actionText({ action, reason }: PlannedRepair): string {
  return action === "none" ? `left as it is: ${reason}` : actions[action];
}

const actions = {
  restore: "look for right bytes in the site, the history and the remotes, and replace every link to it",
  discard: "take it away: nothing that is kept needs it",
  "set-aside": "set it aside in state/damaged",
  place: "make it again from the state",
  chmod: "give it its permissions back",
  build: "write it as a build does",
  none: "",
} as const satisfies Record<RepairAction, string>;

function leftText({ action, reason, finding }: PlannedRepair): string {
  if (action === "none") return reason;
  if (action !== "restore")
    return finding.kind === "generated" || finding.kind === "rules"
      ? "the build could not write it"
      : "what it needs is damaged";
  return finding.kind === "object"
    ? "no remote has it any more, and no good copy was found; restore it from a backup of state/"
    : "the site does not tell what it said; restore it from a backup of state/";
}
