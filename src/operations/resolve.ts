import { Failure } from "../failure.ts";
import { resolveRequest } from "../model/resolve-request.ts";
import type { Answer } from "../model/resolve-request.ts";
import { pointAtOrBefore } from "../model/timeline.ts";
import type { Timeline } from "../model/timeline.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { encodeSegment } from "../pages/encode-segment.ts";
import { readInstant } from "./named-checkpoint.ts";
import { repositoryTimeline } from "./build/rules-files.ts";
import type { Workspace } from "./workspace.ts";

export interface Resolution {
  /** The request target that was asked. */
  readonly target: string;
  readonly answer: Answer;
  /** Why nothing answers; undefined for every other answer than `missing`. */
  readonly missing: MissingReason | undefined;
}

export type MissingReason =
  | { readonly reason: "no-checkpoint" }
  /** `first` is where answers begin; `oldest` is the oldest checkpoint there is, which differs when the first ones are gone. */
  | { readonly reason: "before-first"; readonly first: Timestamp; readonly oldest: Timestamp | undefined }
  | { readonly reason: "future"; readonly now: Timestamp; readonly newest: Timestamp };

/** What the mirror answers for a moment: the same function that the preview is and that the rules are tested against. */
export function resolve(
  workspace: Workspace,
  request: { readonly distribution: string; readonly time: string; readonly path: string },
): Resolution {
  const { config, clock } = workspace;
  const distribution = config.distributions.find((one) => one.name === request.distribution);
  if (distribution === undefined) {
    throw new Failure("USAGE", `there is no distribution ${request.distribution} in ${config.file}`, {
      hint: `known: ${config.distributions.map((one) => one.name).join(", ")}`,
    });
  }
  if (!distribution.checkpoint) {
    throw new Failure(
      "USAGE",
      `${distribution.name} is a plain distribution: it has one state, the newest publication`,
    );
  }
  const at = readInstant(request.time);
  const base = `${config.site.mount}${distribution.basePath}/`;
  const target = `${base}${at}/${request.path.split("/").map(encodeSegment).join("/")}`;
  const timeline = repositoryTimeline(workspace, distribution.repository);
  const now = timestampFromSeconds(clock.now());
  const answer = resolveRequest({ base, timeline }, target, now);
  return { target, answer, missing: answer.kind === "missing" ? whyMissing(timeline, at, now) : undefined };
}

function whyMissing(timeline: Timeline, at: Timestamp | "latest", now: Timestamp): MissingReason {
  const [first] = timeline.points;
  if (first === undefined || at === "latest") return { reason: "no-checkpoint" };
  const newest = pointAtOrBefore(timeline, at);
  if (newest !== undefined) return { reason: "future", now, newest: newest.at };
  const oldest = timeline.points.find(({ kind }) => kind === "checkpoint")?.at;
  return { reason: "before-first", first: first.at, oldest };
}
