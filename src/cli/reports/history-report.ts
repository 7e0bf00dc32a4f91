import { shownSafely } from "../../model/shown-safely.ts";
import type { PathHistory, ShownEvent } from "../../operations/path-history.ts";
import { formatSize } from "../../pages/format-size.ts";
import type { CommandResult } from "../command.ts";

/** What is told of paths, from a state or by a mirror. */
export interface ToldHistories {
  readonly repository: string;
  readonly paths: readonly PathHistory[];
  readonly closest: readonly string[];
  /** Whether there are more paths than are told. */
  readonly more: boolean;
}

/** Each path with a line for each thing that happened to it. */
export function historyReport({ repository, paths, closest, more }: ToldHistories): CommandResult {
  return {
    text: () =>
      paths
        .map(({ path, events }) => [shownSafely(path, longestPath), ...events.map(eventLine), ""].join("\n"))
        .join(""),
    json: () => ({
      repository,
      paths: paths.map(({ path, events }) => ({ path, events: events.map(eventJson) })),
      closest,
      more,
    }),
  };
}

/** Longer than any path of a record can be. */
const longestPath = 8192;

function eventLine(event: ShownEvent): string {
  const { kind, at, gone } = event;
  const isDown = event.kind !== "removed" && event.takenDown;
  const what = event.kind === "removed" ? "" : ` ${formatSize(event.bytes)} sha256:${event.sha256}`;
  const remarks = [gone === true ? "in a checkpoint that is gone" : "", isDown ? "taken down" : ""].filter(Boolean);
  return `  ${at} ${kind}${what}${remarks.length === 0 ? "" : ` (${remarks.join("; ")})`}`;
}

/** A mirror does not say beside a path which checkpoints are gone. */
function eventJson(event: ShownEvent): object {
  const { kind, at } = event;
  const facts = { kind, checkpoint: at, ...(event.gone === undefined ? {} : { gone: event.gone }) };
  if (event.kind === "removed") return facts;
  return { ...facts, bytes: event.bytes, sha256: event.sha256, takenDown: event.takenDown };
}
