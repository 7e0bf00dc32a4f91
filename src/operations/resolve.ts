import { Failure } from "../failure.ts";
import type { DistributionSettings } from "../model/config.ts";
import { emptyHistory } from "../model/history.ts";
import { goneIntervals } from "../model/history-timeline.ts";
import type { GoneInterval } from "../model/history-timeline.ts";
import { resolveRequest } from "../model/resolve-request.ts";
import type { Answer } from "../model/resolve-request.ts";
import { newestCheckpoint, pointAtOrBefore } from "../model/timeline.ts";
import type { Timeline } from "../model/timeline.ts";
import { secondsOf, timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { encodeSegment } from "../pages/encode-segment.ts";
import { readInstant } from "./named-checkpoint.ts";
import { repositoryTimeline } from "./build/rules-files.ts";
import { prunedAnswer } from "./publish/settled.ts";
import type { Workspace } from "./workspace.ts";

export interface Resolution {
  /** The request target that was asked. */
  readonly target: string;
  readonly answer: Answer;
  /** Why nothing answers; undefined for every other answer than `missing`. */
  readonly missing: MissingReason | undefined;
  /** Why what was there is not any more; undefined for every other answer than `gone`. */
  readonly gone: Pick<GoneInterval, "cause" | "reason"> | undefined;
}

/** What one of many distributions answers. */
export interface DistributionResolution extends Resolution {
  readonly distribution: DistributionSettings;
  /** The checkpoint that answers. */
  readonly checkpoint: Timestamp | undefined;
  /** From that checkpoint to the moment asked for, to now for `latest`. */
  readonly distanceSeconds: number | undefined;
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
  const { config } = workspace;
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
  return answerOf(workspace, distribution, readInstant(request.time), request.path);
}

/** What every checkpoint distribution answers for one moment, by base path. */
export function resolveAll(
  workspace: Workspace,
  time: string,
): { readonly at: Timestamp | "latest"; readonly distributions: readonly DistributionResolution[] } {
  const at = readInstant(time);
  const now = timestampFromSeconds(workspace.clock.now());
  const distributions = workspace.config.distributions.flatMap((distribution) => {
    if (!distribution.checkpoint) return [];
    const resolution = answerOf(workspace, distribution, at, "");
    const checkpoint = answeringCheckpoint(workspace, distribution, at, resolution.answer);
    const until = secondsOf(at === "latest" ? now : at);
    const distanceSeconds = checkpoint === undefined ? undefined : until - secondsOf(checkpoint);
    return [{ ...resolution, distribution, checkpoint, distanceSeconds }];
  });
  return { at, distributions };
}

function answerOf(
  workspace: Workspace,
  distribution: DistributionSettings,
  at: Timestamp | "latest",
  path: string,
): Resolution {
  const { config, clock } = workspace;
  const base = `${config.site.mount}${distribution.basePath}/`;
  const target = `${base}${at}/${path.split("/").map(encodeSegment).join("/")}`;
  const timeline = repositoryTimeline(workspace, distribution.repository);
  const now = timestampFromSeconds(clock.now());
  const answer = resolveRequest({ base, timeline }, target, now);
  return {
    target,
    answer,
    missing: answer.kind === "missing" ? whyMissing(timeline, at, now) : undefined,
    gone: answer.kind === "gone" ? whyGone(workspace, distribution, answer.from) : undefined,
  };
}

function answeringCheckpoint(
  workspace: Workspace,
  { repository }: DistributionSettings,
  at: Timestamp | "latest",
  answer: Answer,
): Timestamp | undefined {
  if (answer.kind === "checkpoint") return answer.checkpoint;
  if (answer.kind !== "redirect") return undefined;
  const timeline = repositoryTimeline(workspace, repository);
  return at === "latest" ? newestCheckpoint(timeline) : pointAtOrBefore(timeline, at)?.at;
}

/** The run of tombstones that the page about it is named by. */
function whyGone(workspace: Workspace, { repository }: DistributionSettings, from: Timestamp): Resolution["gone"] {
  const history = workspace.store.repository(repository)?.history ?? emptyHistory;
  const run = goneIntervals(history, prunedAnswer(workspace, repository)).find((one) => one.from === from);
  return run === undefined ? undefined : { cause: run.cause, reason: run.reason };
}

function whyMissing(timeline: Timeline, at: Timestamp | "latest", now: Timestamp): MissingReason {
  const [first] = timeline.points;
  if (first === undefined || at === "latest") return { reason: "no-checkpoint" };
  const newest = pointAtOrBefore(timeline, at);
  if (newest !== undefined) return { reason: "future", now, newest: newest.at };
  const oldest = timeline.points.find(({ kind }) => kind === "checkpoint")?.at;
  return { reason: "before-first", first: first.at, oldest };
}
