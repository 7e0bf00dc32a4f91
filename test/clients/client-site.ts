import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { onTestFinished } from "vitest";

import { isTimestamp, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { openProject } from "../helpers/asof.ts";
import { startNginx } from "../servers/nginx.ts";

/** A site behind a real nginx, with the repository `repo`: plain at `live`, its checkpoints at `checkpoints/live`. It knows its own address, so that it has client kits. */
export interface ClientSite {
  /** Address of the site. */
  readonly url: string;
  /** The folder that is mirrored. */
  readonly source: string;
  write(name: string, content: string | Uint8Array): void;
  /** A checkpoint of what the folder holds; the next one is a minute later. */
  checkpoint(): Promise<Timestamp>;
  /** Address of a checkpoint, or of what another time answers. */
  at(time: string): string;
  /** A file of the kit as it is now. */
  kit(name: string): string;
  /** What nginx was asked for since the last time that this was asked. */
  requests(): readonly string[];
}

export async function aClientSite(): Promise<ClientSite> {
  const project = openProject("");
  onTestFinished(project.remove);
  const source = project.file("source");
  mkdirSync(source);
  const configure = (url: string | undefined): void => project.write("asof.yaml", configuration(url));
  configure(undefined);
  let seconds = Math.floor(Date.parse("2025-03-18T14:03:38Z") / 1000);
  project.setClock(seconds);
  await project.ok("build");
  const log = project.file("access.log");
  const nginx = await startNginx({
    publicDir: project.file("public"),
    rulesDir: project.file("rules"),
    serverExtra: `access_log "${log}" asof_request;`,
    httpExtra: "log_format asof_request '$status $request_uri';",
  });
  onTestFinished(nginx.stop);
  configure(nginx.url);
  let seen = 0;
  return {
    url: nginx.url,
    source,
    write: (name, content) => project.write(path.join("source", name), content),
    async checkpoint() {
      seconds += 60;
      project.setClock(seconds);
      await project.ok("sync");
      await project.ok("publish", "repo", "--checkpoint");
      await nginx.reload();
      const kept = readFileSync(project.file("public/checkpoints/live/checkpoints.json"), "utf8");
      // The clock goes on while asof works: the checkpoint may bear the next second.
      const [, made = ""] = /"newest":"(\d{8}T\d{6}Z)"/.exec(kept) ?? [];
      if (!isTimestamp(made) || made < timestampFromSeconds(seconds)) throw new Error(`no new checkpoint: ${kept}`);
      return made;
    },
    at: (time) => `${nginx.url}checkpoints/live/${time}/`,
    kit: (name) => readFileSync(project.file(`public/checkpoints/live/kit/${name}`), "utf8"),
    requests() {
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      const fresh = lines.slice(seen);
      seen = lines.length;
      return fresh;
    },
  };
}

function configuration(url: string | undefined): string {
  return JSON.stringify({
    ...(url === undefined ? {} : { site: { url } }),
    repositories: { repo: { remote: { type: "directory", path: "source" } } },
    distributions: {
      live: { repository: "repo", base_path: "live" },
      "live-at": { repository: "repo", base_path: "checkpoints/live", checkpoint: true },
    },
  });
}
