import { changedAnswerText } from "../../model/changed-answers.ts";
import type { ChangedAnswer } from "../../model/changed-answers.ts";
import type { ImportResult } from "../../operations/import/import-shelves.ts";
import type { ImportPlan, Place } from "../../operations/import/plan-import.ts";
import type { LeftOut } from "../../operations/import/read-shelf.ts";
import type { CommandResult } from "../command.ts";

/** What an import would do, one line a fact. */
export function importPlanReport(repository: string, plan: ImportPlan): CommandResult {
  const { directories, leftOut, changes, refusal } = plan;
  const isNew = directories.filter(({ place }) => place !== "there");
  return {
    text: () =>
      [
        ...directories.map(({ label, at, place }) => `${label} as ${at}${notes[place]}`),
        ...leftOut.map(leftOutText),
        ...changes.map(changedAnswerText),
      ]
        .map((line) => `${line}\n`)
        .join(""),
    json: () => ({
      dryRun: true,
      repository,
      imported: isNew.map(({ at }) => at),
      skipped: directories.filter(({ place }) => place === "there").map(({ at }) => at),
      directories: directories.map(({ path, at, place }) => ({ path, at, place })),
      leftOut,
      changes: changesJson(changes),
      refused: refusal?.message ?? null,
    }),
  };
}

const notes = {
  there: ": there already",
  before: ": before the first checkpoint",
  between: ": between past answers",
  after: "",
} as const satisfies Record<Place, string>;

export function importReport(repository: string, result: ImportResult): CommandResult {
  const { imported, skipped, leftOut, changes } = result;
  const what = imported.length === 1 ? "checkpoint" : "checkpoints";
  return {
    text: () => `${repository}: ${imported.length} ${what} imported, ${skipped.length} were there already\n`,
    json: () => ({ dryRun: false, repository, imported, skipped, leftOut, changes: changesJson(changes) }),
  };
}

export function leftOutText({ name, reason }: LeftOut): string {
  return `${name} ${reason}: left out`;
}

function changesJson(changes: readonly ChangedAnswer[]): readonly object[] {
  return changes.map(({ from, until, was, becomes }) => ({
    from,
    until: until ?? null,
    was: was ?? null,
    becomes: becomes ?? null,
  }));
}
