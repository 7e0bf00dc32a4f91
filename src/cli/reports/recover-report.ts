import type { HistoryEvent } from "../../model/history.ts";
import { shownSafely } from "../../model/shown-safely.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Removal } from "../../operations/recover/lost-removals.ts";
import type { RecoveryPlan } from "../../operations/recover/recover.ts";
import type { CommandResult } from "../command.ts";

/** What was taken back or given up; with `dryRun`, what would be. */
export function recoverReport(
  { lost, adoptions, losses }: RecoveryPlan,
  until: Timestamp | undefined,
  dryRun: boolean,
): CommandResult {
  const adopted = adoptions.map(({ repository, published, missing }) => ({
    repository,
    ...countOf(published.events.slice(lost.find(({ name }) => name === repository)?.known)),
    checkpoints: missing.map(({ checkpoint }) => checkpoint.created),
  }));
  const took = dryRun ? "would take" : "took";
  return {
    text: () =>
      [
        ...(dryRun
          ? lost.map(({ name, known, recorded }) => `${name}: the state knows ${known} events, the site ${recorded}\n`)
          : []),
        ...adopted.map(
          ({ repository, events, recorded, checkpoints }) =>
            `${repository}: ${took} ${counted(events, "event")} back, ${counted(recorded, "checkpoint")} among them, and the content of ${counted(checkpoints.length, "checkpoint")}\n`,
        ),
        ...losses.flatMap(({ repository, removals }) =>
          removals.map((one) => `${repository}: ${took} over ${removalText(one)}\n`),
        ),
        until === undefined
          ? believed
          : `times until ${until} that are not known any more ${dryRun ? "would " : ""}answer 410\n`,
      ].join(""),
    json: () => ({
      dryRun,
      repositories: lost,
      adopted,
      removals: losses.flatMap(({ repository, removals }) =>
        removals.map(({ type, ...rest }) => ({
          repository,
          kind: type === "takedown" ? "take-down" : "withdrawal",
          ...rest,
        })),
      ),
      unreadLogs: losses.filter(({ isLogWhole }) => !isLogWhole).map(({ repository }) => repository),
      lostUntil: until ?? null,
    }),
  };
}

/** Lines of the log, and how many of them made a checkpoint. */
function countOf(events: readonly HistoryEvent[]): { readonly events: number; readonly recorded: number } {
  const made = events.filter((event) => event.type === "publication" && event.checkpoint);
  return { events: events.length, recorded: made.length };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function removalText(removal: Removal): string {
  const what =
    removal.type === "takedown" ? `the take-down of ${removal.digest}` : `the withdrawal of ${removal.checkpoint}`;
  return `${what}: ${shownSafely(removal.reason, 200)}`;
}

/** What a backup brought is not read as a whole. */
const believed = "what the state had already is believed by name and size; asof verify reads all of it\n";
