import { Failure } from "../failure.ts";
import { resolveRequest } from "../model/resolve-request.ts";
import type { Answer } from "../model/resolve-request.ts";
import { timestampFromSeconds } from "../model/timestamp.ts";
import { encodeSegment } from "../pages/encode-segment.ts";
import { readInstant } from "./named-checkpoint.ts";
import { repositoryTimeline } from "./build/rules-files.ts";
import type { Workspace } from "./workspace.ts";

export interface Resolution {
  /** The request target that was asked. */
  readonly target: string;
  readonly answer: Answer;
}

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
  return { target, answer: resolveRequest({ base, timeline }, target, timestampFromSeconds(clock.now())) };
}
