import type { Finding } from "../verify/finding.ts";
import { theSite } from "../verify/verify.ts";
import type { Verification } from "../verify/verify.ts";

/** What becomes of a finding. */
export type RepairAction =
  /** Right bytes are looked for, and put in its place; then every link of the site to it is replaced. */
  | "restore"
  /** Nothing that is kept needs it: it goes. */
  | "discard"
  /** It is set aside: wrong content must not be served, and what asof did not make is not deleted. */
  | "set-aside"
  /** What belongs there is made from the state, and takes the place by a rename. */
  | "place"
  | "chmod"
  /** A build writes it. */
  | "build"
  | "none";

export interface PlannedRepair {
  readonly finding: Finding;
  readonly action: RepairAction;
  /** For `none`: why, and what to do. */
  readonly reason: string;
}

/** Decides for each finding what a repair does about it. Pure: `--dry-run` prints it, and the repair does it. */
export function planRepair(found: Verification): readonly PlannedRepair[] {
  const { findings, broken, brokenRecords, behindSite } = found;
  const isEveryNeedKnown = areNeedsKnown(found);
  return findings.map((finding): PlannedRepair => {
    const { kind, problem, digest, wanted } = finding;
    const act = (action: RepairAction): PlannedRepair => ({ finding, action, reason: "" });
    const leave = (reason: string): PlannedRepair => ({ finding, action: "none", reason });
    // What this state does not know, a newer one does, or asof recover needs.
    if (behindSite.length > 0 && kind !== "history") return leave("asof recover comes first");
    switch (kind) {
      case "object":
      case "record": {
        if (problem === "extra") return leave("asof did not make it, and does not take it away");
        // A file where a folder of objects has to be.
        if (digest === undefined)
          return problem === "type" ? act("set-aside") : leave("mend the disk or its permissions");
        if (problem === "mode") return act("chmod");
        const isNeeded = kind === "object" ? broken.has(digest) : brokenRecords.has(digest);
        if (!isNeeded && !isEveryNeedKnown) return leave("what is damaged besides may need it: mend that first");
        return act(isNeeded ? "restore" : "discard");
      }
      case "log":
        return leave(
          "a history is never rewritten: restore state/ from a backup; or, where the site is whole, move the log's folder away and let asof recover --adopt take the log back",
        );
      case "history":
        return leave("bring the newest state/ back, or see asof recover");
      case "state":
        if (!isListOfPlaces(finding)) return act("set-aside");
        return problem === "missing" ? act("build") : leave("restore it from a backup of state/");
      case "content":
      case "page":
        if (problem === "extra") return act("set-aside");
        if (wanted === undefined) return leave("mend the disk or its permissions");
        return act(problem === "mode" ? "chmod" : "place");
      case "generated":
      case "rules":
        if (problem === "mode") return act("chmod");
        return act(wanted === undefined ? "build" : "place");
    }
  });
}

/** Whether all was followed that is kept: nobody knows what a damaged record, log or file of the state names. */
function areNeedsKnown({ findings, brokenRecords, unchecked }: Verification): boolean {
  return (
    brokenRecords.size === 0 &&
    !unchecked.includes(theSite) &&
    !findings.some((one) => one.kind === "state" && !isListOfPlaces(one))
  );
}

/** It names no content. */
function isListOfPlaces({ path: file }: Finding): boolean {
  return file.endsWith("places.json");
}
