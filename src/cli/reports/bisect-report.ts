import { isoOf } from "../../model/timestamp.ts";
import type { BisectEvent, Bisection } from "../../operations/bisect/bisect.ts";
import type { PathChange } from "../../operations/bisect/compare-trees.ts";
import type { Suspect } from "../../operations/bisect/suspects.ts";
import type { CommandResult } from "../command.ts";
import { countsText } from "./quantity.ts";

/** How many changed paths and suspects the text names; JSON has all of them. */
const mostPaths = 20;
const mostSuspects = 20;

/** A line about what goes on; undefined for what has none. */
export function bisectLine(event: BisectEvent): string | undefined {
  switch (event.kind) {
    case "comparing":
      return undefined;
    case "begun": {
      const { good, bad, checkpoints, candidates, resumed } = event;
      const which = candidates === checkpoints ? "" : `, ${candidates} of them with a change under --path`;
      const goesOn = resumed === 0 ? "" : `; going on after ${counted(resumed, "answer")} of an earlier run`;
      return `good: ${good}, bad: ${bad}, ${counted(checkpoints, "checkpoint")} to blame${which}${goesOn}`;
    }
    case "testing":
      return `${counted(event.left, "checkpoint")} left to test, roughly ${counted(event.runs, "run")}: ${event.checkpoint}`;
    case "testing-end":
      return `testing ${event.checkpoint}, which --${event.end} names`;
    case "tested":
      return `${event.checkpoint} ${event.verdict === "skip" ? "cannot be tested" : `is ${event.verdict}`} (exit code ${event.exitCode})`;
  }
}

/** The first bad checkpoint and what changed in it, or all that may be it. */
export function bisectReport(bisection: Bisection): CommandResult {
  const { suspects, tested, ...facts } = bisection;
  const [only] = suspects.length === 1 ? suspects : [];
  return {
    text: () => `${(only === undefined ? undecidedLines(suspects) : culpritLines(bisection, only)).join("\n")}\n`,
    json: () => ({
      result: only === undefined ? "undecided" : "found",
      ...facts,
      tested,
      suspects: suspects.map(({ checkpoint, before, url, directory, changes }) => ({
        checkpoint,
        iso: isoOf(checkpoint),
        before,
        url: url ?? null,
        directory: directory ?? null,
        ...("problem" in changes
          ? { problem: changes.problem, changes: null }
          : { ...countsOf(changes), problem: null, changes }),
      })),
    }),
  };
}

function culpritLines({ repository }: Bisection, suspect: Suspect): readonly string[] {
  const { checkpoint, before, url, directory, changes } = suspect;
  const place = url ?? directory;
  const head = [
    `${checkpoint} is the first bad checkpoint of ${repository}`,
    ...(place === undefined ? [] : [`  ${place}`]),
  ];
  if ("problem" in changes) return [...head, `what changed in it cannot be told: ${changes.problem}`];
  return [
    ...head,
    `against ${before}, the checkpoint before: ${countsText(countsOf(changes))}`,
    ...changes.slice(0, mostPaths).map(changeText),
    ...(changes.length > mostPaths ? [`  and ${changes.length - mostPaths} more, which --json lists`] : []),
  ];
}

function undecidedLines(suspects: readonly Suspect[]): readonly string[] {
  return [
    `only checkpoints are left that could not be tested; the first bad one is among these ${suspects.length}:`,
    ...suspects.slice(0, mostSuspects).map((suspect) => {
      const { checkpoint, changes } = suspect;
      return `  ${checkpoint}${"problem" in changes ? "" : ` ${countsText(countsOf(changes))}`}`;
    }),
    ...(suspects.length > mostSuspects ? [`  and ${suspects.length - mostSuspects} more, which --json lists`] : []),
  ];
}

function countsOf(changes: readonly PathChange[]): { added: number; removed: number; changed: number } {
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const { kind } of changes) counts[kind] += 1;
  return counts;
}

const marks = { added: "+", removed: "-", changed: "~" } as const satisfies Record<PathChange["kind"], string>;

function changeText({ kind, path, bytes, was }: PathChange): string {
  const size = was === undefined ? counted(bytes, "byte") : `${counted(was.bytes, "byte")}, now ${bytes}`;
  return `  ${marks[kind]} ${path} (${size})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
