import { cp, symlink } from "node:fs/promises";
import path from "node:path";

import type { Timeline } from "../../src/model/timeline.ts";
import { timeline } from "../model/a-timeline.ts";
import type { RawResponse } from "./raw-request.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RunningServer, ServerMember } from "./server.ts";

/** A site as asof leaves it, with something of every kind, served in another time zone than UTC where the server can. */
export interface ServerSite {
  readonly publicDir: string;
  readonly server: RunningServer;
  /** GET of a path below the mount. */
  get(target: string, headers?: Readonly<Record<string, string>>): Promise<RawResponse>;
  stop(): Promise<void>;
}

/** The history of the repository `myfile`. */
export const myfile: Timeline = timeline(
  ["-20230101T000000Z", "20240101T000000Z", "-20240601T000000Z", "20250318T140338Z"],
  {
    horizon: "20250401T000000Z",
  },
);
const unsettled = timeline(["20240101T000000Z", "20250318T140338Z"], { settled: false });
const withdrawn = timeline(["20240101T000000Z", "-20250318T140338Z"]);

const files: Readonly<Record<string, string>> = {
  "index.html": "front page",
  "feed.atom": "<feed/>",
  "site.json": "{}",
  "checkpoints/index.html": "directories",
  "checkpoints/myfile/index.html": "list",
  "checkpoints/myfile/checkpoints.json": "{}",
  "checkpoints/myfile/checkpoints.txt": "20240101T000000Z\n",
  "checkpoints/myfile/feed.atom": "<feed/>",
  "checkpoints/myfile/renovate.json": "{}",
  "checkpoints/myfile/timemap": "</plain/>; rel=original",
  "checkpoints/myfile/_asof/timemap/2025": "</plain/>; rel=original",
  "checkpoints/myfile/_asof/gone/20240601T000000Z.html": "a page about it",
  "checkpoints/myfile/_asof/20250318T140338Z/SHA256SUMS": "sums",
  "checkpoints/myfile/_asof/20250318T140338Z/checkpoint.txt": "statement",
  "checkpoints/myfile/_asof/20250318T140338Z/checkpoint.txt.asc": "signature",
  "checkpoints/myfile/_asof/log/000000.jsonl": "{}",
  "checkpoints/myfile/_asof/tree/ab/abcd": "record",
  "checkpoints/myfile/20230101T000000Z/f": "still there for an hour",
  "checkpoints/myfile/20240101T000000Z/index.html": "an older listing",
  "checkpoints/myfile/20240101T000000Z/f": "older",
  "checkpoints/myfile/20240101T000000Z/a+b %41?#.deb": "odd",
  "checkpoints/myfile/20240101T000000Z/timemap": "mirrored",
  "checkpoints/myfile/20240101T000000Z/sub/g": "older",
  "checkpoints/myfile/20240601T000000Z/index.html": "still there for an hour",
  "checkpoints/myfile/20250318T140338Z/index.html": "listing",
  "checkpoints/myfile/20250318T140338Z/f": "0123456789",
  "checkpoints/myfile/20250318T140338Z/own.json": "{}",
  "checkpoints/myfile/20250318T140338Z/timemap": "a map",
  "checkpoints/myfile/20250318T140338Z/empty/": "",
  "checkpoints/withdrawn/_asof/gone/20250318T140338Z.html": "withdrawn",
  "_asof/assets/schemas/site.json": "{}",
  "_asof/assets/style.css": "a{}",
  "_asof/d/ab/cdef/index.html": "shared listing",
  "_asof/d/ab/cdef/a+b %41.deb": "package",
  "_asof/p/plain/1/index.html": "plain listing",
  "_asof/p/plain/1/sub/f.txt": "text",
};

export async function startServerSite(member: ServerMember, mount: string): Promise<ServerSite> {
  const folder = await makeRulesFolder();
  const { publicDir, rulesDir } = folder;
  await folder.place(files);
  const pool = path.join(publicDir, "checkpoints/myfile/20250318T140338Z/pool");
  const plain = path.join(publicDir, "plain");
  if (member.traits.isUploaded === true) {
    await cp(path.join(publicDir, "_asof/d/ab/cdef"), pool, { recursive: true });
    await cp(path.join(publicDir, "_asof/p/plain/1"), plain, { recursive: true });
  } else {
    await symlink("../../../_asof/d/ab/cdef", pool);
    await symlink("_asof/p/plain/1", plain);
  }
  const checkpoint = true;
  await folder.writeRules(
    rulesInput(publicDir, myfile, {
      mount,
      scriptHash: "abc=",
      repositories: [
        repository("myfile", myfile),
        repository("unsettled", unsettled),
        repository("withdrawn", withdrawn),
      ],
      distributions: [
        { name: "myfile", basePath: "checkpoints/myfile", repository: "myfile", checkpoint },
        { name: "again", basePath: "again", repository: "myfile", checkpoint },
        { name: "unsettled", basePath: "checkpoints/unsettled", repository: "unsettled", checkpoint },
        { name: "withdrawn", basePath: "checkpoints/withdrawn", repository: "withdrawn", checkpoint },
        { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false },
      ],
    }),
    member.server,
  );
  const server = await member.start({ publicDir, rulesDir, mount, env: { TZ: member.traits.timeZone } });
  return {
    publicDir,
    server,
    get: (target, headers = {}) => server.request(`${mount}${target}`, { headers }),
    async stop() {
      await server.stop();
      await folder.remove();
    },
  };
}

export const immutable = "public, max-age=31536000, immutable";

/** Status, Location and Cache-Control. */
export function summary(response: RawResponse): readonly [number, string | undefined, string | undefined] {
  return [response.status, response.headers.get("location"), response.headers.get("cache-control")];
}
