import { pointAtOrBefore } from "./timeline.ts";
import type { Timeline, TimelinePoint } from "./timeline.ts";
import { addSeconds } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/** A stretch of seconds for which a repository answers something else. */
export interface ChangedAnswer {
  readonly from: Timestamp;
  /** The last of them; undefined where it goes on until now. */
  readonly until: Timestamp | undefined;
  readonly was: TimelinePoint | undefined;
  readonly becomes: TimelinePoint | undefined;
}

/** Where two timelines of one repository answer differently, ascending. What one answers with 404 is undefined. */
export function changedAnswers(before: Timeline, after: Timeline): readonly ChangedAnswer[] {
  const starts = [...new Set([...before.points, ...after.points].map(({ at }) => at))].toSorted();
  const changed: ChangedAnswer[] = [];
  for (const [index, from] of starts.entries()) {
    const [was, becomes] = [pointAtOrBefore(before, from), pointAtOrBefore(after, from)];
    if (isSame(was, becomes)) continue;
    const next = starts[index + 1];
    const until = next === undefined ? undefined : addSeconds(next, -1);
    const last = changed.at(-1);
    const goesOn =
      last?.until !== undefined &&
      addSeconds(last.until, 1) === from &&
      isSame(last.was, was) &&
      isSame(last.becomes, becomes);
    if (goesOn) changed.pop();
    changed.push({ from: goesOn ? last.from : from, until, was, becomes });
  }
  return changed;
}

/** The change in words. */
export function changedAnswerText({ from, until, was, becomes }: ChangedAnswer): string {
  return `from ${from} until ${until ?? "now"} answered ${answerText(was)}, will answer ${answerText(becomes)}`;
}

function answerText(point: TimelinePoint | undefined): string {
  if (point === undefined) return "404";
  return point.kind === "gone" ? `410 for ${point.at}` : point.at;
}

function isSame(a: TimelinePoint | undefined, b: TimelinePoint | undefined): boolean {
  return a?.at === b?.at && a?.kind === b?.kind;
}
