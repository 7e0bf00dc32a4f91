import { shownSafely } from "../../model/shown-safely.ts";
import type { PathHistories, ShownEvent } from "../../operations/path-history.ts";
import { formatSize } from "../../pages/format-size.ts";
import type { CommandResult } from "../command.ts";

/** Each path with a line for each thing that happened to it. */
export function historyReport({ repository, paths, closest }: PathHistories): CommandResult {
  return {
    text: () =>
      paths
        .map(({ path, events }) => [shownSafely(path, longestPath), ...events.map(eventLine), ""].join("\n"))
        .join(""),
    json: () => ({
      repository,
      paths: paths.map(({ path, events }) => ({ path, events: events.map(eventJson) })),
      closest,
    }),
  };
}

/** Longer than any path of a record can be. */
const longestPath = 8192;

function eventLine(event: ShownEvent): string {
  const { kind, at, gone, takenDown } = event;
  const what = event.kind === "removed" ? "" : ` ${formatSize(event.bytes)} sha256:${event.sha256}`;
  const remarks = [gone ? "in a checkpoint that is gone" : "", takenDown ? "taken down" : ""].filter(Boolean);
  return `  ${at} ${kind}${what}${remarks.length === 0 ? "" : ` (${remarks.join("; ")})`}`;
}

function eventJson(event: ShownEvent): object {
  const { kind, at, gone } = event;
  if (event.kind === "removed") return { kind, checkpoint: at, gone };
  return { kind, checkpoint: at, gone, bytes: event.bytes, sha256: event.sha256, takenDown: event.takenDown };
}
