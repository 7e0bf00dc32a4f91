import { loadConfig } from "../../src/config/load.ts";
import { startPreview } from "../../src/operations/preview/preview.ts";
import type { Project } from "../helpers/asof.ts";
import { rawRequest } from "../servers/raw-request.ts";
import type { RawRequest, RawResponse } from "../servers/raw-request.ts";
import type { ServerMember } from "../servers/server.ts";

/** A kind of server that answers for what a project has built. */
export interface CheckpointMember {
  readonly name: string;
  /** See ServerTraits. */
  readonly isUploaded?: boolean;
  /** `mount` is where the project's site is mounted. The server reads the real clock. */
  start(project: Project, mount: string): Promise<CheckpointServer>;
}

export interface CheckpointServer {
  /** One request; a redirect is an answer like any other. */
  request(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  /** Returns when every later answer comes from the rules that stand on disk now. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** A real web server with the generated rules included. */
export function ruleMember({ server, start, traits }: ServerMember): CheckpointMember {
  return {
    name: `${server} with generated rules`,
    isUploaded: traits.isUploaded === true,
    start: (project, mount) =>
      start({
        publicDir: project.file("public"),
        rulesDir: project.file("rules"),
        mount,
        env: { TZ: traits.timeZone },
      }),
  };
}

/** What `asof serve` starts. */
export const previewMember: CheckpointMember = {
  name: "the preview server",
  async start(project) {
    const { config } = await loadConfig(project.file("asof.yaml"));
    const clock = { now: () => Date.now() / 1000, sleep: () => Promise.reject(new Error("the preview never waits")) };
    const errors: unknown[] = [];
    const preview = await startPreview(
      { config, clock, signal: new AbortController().signal },
      {
        host: "127.0.0.1",
        port: 0,
        strictPort: true,
        liveReload: false,
        allowedHosts: ["mirror.example"],
        onError: (error) => errors.push(error),
        config: () => config,
      },
    );
    return {
      request: (target, options = {}) => rawRequest(preview.port, { target, ...options }),
      reload: () => Promise.resolve(),
      async stop() {
        await preview.close();
        if (errors.length > 0) throw new AggregateError(errors, "requests that got a 500");
      },
    };
  },
};
