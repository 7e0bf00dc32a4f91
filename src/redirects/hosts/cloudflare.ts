import { Failure } from "../../failure.ts";
import type { Timeline } from "../../model/timeline.ts";
import type { Templates } from "../../templates.ts";
import type { RulesInput } from "../rules.ts";
import { edgeDistributions, edgePolicy, edgeTypes } from "./edge-view.ts";
import type { HostEmitter } from "./host.ts";

/** A time and the letter that tells what begins there. */
const pointBytes = 16;

/** 8 MB of text, 2 MB when compressed: Cloudflare takes 3 MB of a free account. */
export const mostPoints = 500_000;

/**
 * Cloudflare Workers with static assets. `templates` are those of `hosts`, because edge functions share parts. All that changes with a checkpoint is in `worker.js`.
 *
 * A CONFIG failure when there are more checkpoints than a Worker can hold.
 */
export function cloudflareHost(templates: Pick<Templates, "render">): HostEmitter {
  return {
    host: "cloudflare",
    render(input) {
      const view = workerView(input);
      return {
        public: [],
        rules: [
          { path: "hosts/cloudflare/wrangler.jsonc", content: templates.render("cloudflare/wrangler", view) },
          { path: "hosts/cloudflare/worker.js", content: templates.render("cloudflare/worker", view) },
        ],
      };
    },
  };
}

function workerView(input: RulesInput): object {
  const { siteName, mount, publicDir, repositories } = input;
  const points = repositories.reduce((sum, { timeline }) => sum + timeline.points.length, 0);
  if (points > mostPoints) {
    throw new Failure("CONFIG", `a Cloudflare Worker cannot hold ${points} checkpoints; ${mostPoints} is the limit`, {
      hint: "keep fewer checkpoints (retain), or take the host `cloudflare` out of the configuration",
    });
  }
  return {
    site: siteName,
    mount: JSON.stringify(mount),
    publicDir: JSON.stringify(publicDir),
    policy: edgePolicy(input),
    types: edgeTypes(),
    pointBytes,
    points,
    repositories: repositories.map(({ name, timeline, log }) => ({
      name,
      log,
      key: JSON.stringify(name),
      isSettled: JSON.stringify(timeline.settled),
      horizon: JSON.stringify(timeline.horizon ?? timeline.points.at(-1)?.at ?? ""),
      points: JSON.stringify(packPoints(timeline)),
    })),
    distributions: edgeDistributions(input),
  };
}

function packPoints({ points }: Timeline): string {
  return points.map(({ at, kind }) => (kind === "gone" ? `${at.slice(0, 15)}g` : at)).join("");
}
