import { execFileSync } from "node:child_process";

import { isTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import type { RawRequest, RawResponse } from "../servers/raw-request.ts";
import type { CheckpointMember, CheckpointServer } from "./checkpoint-member.ts";

/** Pulp serves content here; so does this site, that tests may be compared word by word. */
export const mount = "/pulp/content/";

/** A project whose repositories are filled from a loopback origin by the real command line. */
export interface CheckpointProject extends Project {
  readonly origin: OriginServer;
  /**
   * The second that every other is counted from. It lies 500 seconds back, because web servers read the real clock, and no more, because a source's clock may differ from
   * ours by ten minutes.
   */
  readonly start: number;
  /** Has the origin offer `files` as `repository`, and takes them in `secondsIn` seconds after the start. */
  syncAt(secondsIn: number, repository: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Publishes the repository's latest version, and says which second the publication bears. */
  publishAt(secondsIn: number, repository: string, ...flags: readonly string[]): Promise<Timestamp>;
}

/** Such a project with a server in front of it. */
export interface CheckpointSite {
  readonly project: CheckpointProject;
  readonly server: CheckpointServer;
  readonly isUploaded: boolean;
  get(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  /** GET as a client that follows redirects. */
  follow(target: string): Promise<Followed>;
  close(): Promise<void>;
}

export interface Followed extends RawResponse {
  readonly hops: number;
  readonly text: string;
}

/** A project that was filled once, for several members to serve. */
export interface FilledProject<Content> {
  /** Starts the member on a copy of its own, which tests may change. */
  serve(member: CheckpointMember): Promise<CheckpointSite & { readonly content: Content }>;
  remove(): Promise<void>;
}

/** Opens a project with the configuration for an origin, and has `fill` put something into it. */
export async function fillCheckpointProject<Content>(
  configuration: (originUrl: string) => string,
  fill: (project: CheckpointProject) => Promise<Content>,
): Promise<FilledProject<Content>> {
  const origin = await startOrigin();
  const start = Math.floor(Date.now() / 1000) - 500;
  const filled = checkpointProject(openProject(configuration(origin.url)), origin, start);
  const remove = async (): Promise<void> => {
    await origin.close();
    filled.remove();
  };
  return orElse(remove, async () => {
    const content = await fill(filled);
    return {
      remove,
      async serve(member) {
        const project = checkpointProject(openProject(""), origin, start);
        return orElse(project.remove, async () => {
          // With links as they are.
          execFileSync("cp", ["-a", `${filled.dir}/.`, project.dir]);
          project.setClock(filled.clock());
          // The rules name the directories that they are about.
          await project.ok("build");
          const server = await member.start(project, mount);
          return {
            project,
            content,
            server,
            isUploaded: member.isUploaded === true,
            get: server.request,
            follow: (target) => follow(server.request, target),
            async close() {
              await server.stop();
              project.remove();
            },
          };
        });
      },
    };
  });
}

/** Such a project for one member alone. */
export async function openCheckpointSite<Content>(
  member: CheckpointMember,
  configuration: (originUrl: string) => string,
  fill: (project: CheckpointProject) => Promise<Content>,
): Promise<CheckpointSite & { readonly content: Content }> {
  const filled = await fillCheckpointProject(configuration, fill);
  const site = await orElse(filled.remove, () => filled.serve(member));
  return {
    ...site,
    async close() {
      await site.close();
      await filled.remove();
    },
  };
}

async function orElse<Result>(cleanUp: () => void | Promise<void>, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function checkpointProject(project: Project, origin: OriginServer, start: number): CheckpointProject {
  return {
    ...project,
    origin,
    start,
    async syncAt(secondsIn, repository, files) {
      origin.publish(`/${repository}/`, files);
      project.setClock(start + secondsIn);
      await project.ok("sync", repository);
    },
    async publishAt(secondsIn, repository, ...flags) {
      project.setClock(start + secondsIn);
      const { out } = await project.ok("publish", repository, "--json", ...flags);
      const printed: unknown = JSON.parse(out);
      if (typeof printed === "object" && printed !== null && "created" in printed) {
        const { created } = printed;
        if (typeof created === "string" && isTimestamp(created)) return created;
      }
      throw new Error(`no publication in: ${out}`);
    },
  };
}

async function follow(get: CheckpointSite["get"], target: string): Promise<Followed> {
  let at = target;
  for (let hops = 0; hops < 5; hops++) {
    const response = await get(at);
    const location = response.headers.get("location");
    if (location === undefined) return { ...response, hops, text: response.body.toString() };
    at = location;
  }
  throw new Error(`${target} redirects without end`);
}
