import type { Timestamp } from "../../model/timestamp.ts";
import type { RecoveryPlan } from "../../operations/recover/recover.ts";
import type { CommandResult } from "../command.ts";

/** What was taken back or given up; with `dryRun`, what would be. */
export function recoverReport(
  { lost, adoptions }: RecoveryPlan,
  until: Timestamp | undefined,
  dryRun: boolean,
): CommandResult {
  const adopted = adoptions.map(({ repository, missing }) => ({
    repository,
    checkpoints: missing.map(({ checkpoint }) => checkpoint.created),
  }));
  return {
    text: () =>
      [
        ...(dryRun
          ? lost.map(({ name, known, recorded }) => `${name}: the state knows ${known} events, the site ${recorded}\n`)
          : []),
        ...adopted.map(({ repository, checkpoints }) => `${repository}: ${tookText(checkpoints.length, dryRun)}\n`),
        until === undefined
          ? believed
          : `times until ${until} that are not known any more ${dryRun ? "would " : ""}answer 410\n`,
      ].join(""),
    json: () => ({ dryRun, repositories: lost, adopted, lostUntil: until ?? null }),
  };
}

function tookText(count: number, dryRun: boolean): string {
  return `${dryRun ? "would take" : "took"} ${count} ${count === 1 ? "checkpoint" : "checkpoints"} back`;
}

/** What a backup brought is not read as a whole. */
const believed = "what the state had already is believed by name and size; asof verify reads all of it\n";
