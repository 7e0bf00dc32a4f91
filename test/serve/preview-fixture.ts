import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { Timeline, TimelinePoint } from "../../src/model/timeline.ts";
import { parseTimestamp, secondsOf } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { PreviewSite } from "../../src/serve/preview-site.ts";
import { startPreview } from "../../src/serve/preview-server.ts";
import type { PreviewOptions, PreviewServer } from "../../src/serve/preview-server.ts";
import { rawRequest } from "../servers/raw-request.ts";
import type { RawRequest, RawResponse } from "../servers/raw-request.ts";

export const first: Timestamp = time("20240101T000000Z");
/** Everything from here to `last` is gone. */
export const removed: Timestamp = time("20240201T000000Z");
export const last: Timestamp = time("20240301T000000Z");
const horizon: Timestamp = time("20240401T000000Z");
export const now: Timestamp = time("20240601T000000Z");

export const history: Timeline = {
  points: [point(first, "checkpoint"), point(removed, "gone"), point(last, "checkpoint")],
  horizon,
  settled: true,
};

/** mtime of every file of a fixture. */
export const modified: Date = new Date("2024-03-01T00:00:00Z");

/** What a secret outside of public/ says; no response may. */
export const canary = "nobody may read this";

export interface PreviewFixture {
  readonly home: string;
  readonly site: PreviewSite;
  readonly server: PreviewServer;
  get(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  /** Writes a file below public/ with the common mtime. */
  write(name: string, content: string | Buffer): Promise<void>;
  /** Writes a file that the repository holds. */
  writeContent(name: string, content: string): Promise<void>;
  /** Throws when a request got a 500. */
  close(): Promise<void>;
}

/**
 * A running preview of a site with the checkpoint distribution `checkpoints/myfile` and the plain one `myfile`. In the layout `shared` directories below a checkpoint, and the plain
 * distribution, are symlinks inside public/; in `copies` they are directories.
 */
export async function openPreview(
  changes: Partial<PreviewOptions> & {
    layout?: "shared" | "copies";
    mount?: string;
    isContent?: PreviewSite["isContent"];
    site?: never;
  } = {},
): Promise<PreviewFixture> {
  const held = new Set<string>();
  const { layout = "shared", mount = "/", isContent = (sha256) => held.has(sha256), ...options } = changes;
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-preview-"));
  const publicDir = path.join(home, "public");
  const errors: unknown[] = [];
  const write = async (name: string, content: string | Buffer): Promise<void> => {
    const file = path.join(publicDir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, modified, modified);
  };
  await fill(home, layout, write);
  const site: PreviewSite = {
    publicDir,
    mount,
    isContent,
    distributions: [
      { base: `${mount}checkpoints/myfile/`, checkpoint: true, timeline: history },
      { base: `${mount}myfile/`, checkpoint: false },
    ],
  };
  const server = await startPreview({
    host: "127.0.0.1",
    port: 0,
    strictPort: true,
    now: () => secondsOf(now),
    liveReload: false,
    allowedHosts: ["mirror.example"],
    onError: (error) => errors.push(error),
    ...options,
    site: () => site,
  });
  return {
    home,
    site,
    server,
    get: (target, request = {}) => rawRequest(server.port, { target, ...request }),
    write,
    async writeContent(name, content) {
      held.add(createHash("sha256").update(content).digest("hex"));
      await write(name, content);
    },
    async close() {
      await server.close();
      await rm(home, { recursive: true, force: true });
      if (errors.length > 0) throw new AggregateError(errors, "requests got a 500");
    },
  };
}

export const listing = "<!doctype html><html><head><title>Index</title></head><body>our listing</body></html>";

async function fill(home: string, layout: "shared" | "copies", write: PreviewFixture["write"]): Promise<void> {
  const base = "checkpoints/myfile";
  await write("index.html", listing);
  await write("site.json", "{}");
  await write("_asof/assets/style.css", "body {}");
  await write(`${base}/index.html`, listing);
  await write(`${base}/checkpoints.json`, "[]");
  await write(`${base}/_asof/${first}/SHA256SUMS`, "sums");
  await write(`${base}/_asof/gone/${removed}.html`, listing);
  for (const at of [first, last]) {
    await write(`${base}/${at}/index.html`, listing);
    await write(`${base}/${at}/a.deb`, `content of a.deb at ${at}`);
    for (const name of oddNames) await write(`${base}/${at}/${name}`, `content of ${name}`);
  }

  const shared = layout === "shared" ? "_asof/d/ab/0123456789abcdef0123456789abcd" : `${base}/${first}/dists`;
  const stable = layout === "shared" ? "_asof/d/cd/0123456789abcdef0123456789abcd" : `${shared}/stable`;
  await write(`${shared}/index.html`, listing);
  await write(`${stable}/index.html`, listing);
  await write(`${stable}/Release`, "Suite: stable\n");
  await write(`${stable}/index/data.json`, "{}");
  const plain = layout === "shared" ? "_asof/p/myfile/1" : "myfile";
  await write(`${plain}/index.html`, listing);
  await write(`${plain}/a.deb`, "the newest a.deb");
  const publicDir = path.join(home, "public");
  if (layout === "shared") {
    await symlink(`../../../${shared}`, path.join(publicDir, base, first, "dists"));
    await symlink(`../../cd/0123456789abcdef0123456789abcd`, path.join(publicDir, shared, "stable"));
    await symlink(plain, path.join(publicDir, "myfile"));
  }

  await mkdir(path.join(home, "outside"));
  await writeFile(path.join(home, "outside", "secret"), canary);
  await writeFile(path.join(home, "outside", "index.html"), canary);
  const place = path.join(publicDir, base, first);
  await symlink(path.join(home, "outside"), path.join(place, "escape"));
  await symlink(path.join(home, "outside", "secret"), path.join(place, "escape-file"));
  await symlink("loop", path.join(place, "loop"));
  await symlink("nowhere", path.join(place, "dangling"));
  await mkdir(path.join(place, "empty"));
  execFileSync("mkfifo", [path.join(place, "pipe")]);
}

/** Names that servers and libraries trip over. */
export const oddNames = [
  "libfoo_1%3a2.0.deb",
  "libstdc++~rc1.deb",
  "a#b?c&d=e.txt",
  "caf\u00e9.txt",
  "\u65e5\u672c\u8a9e.bin",
  "with space.iso",
  "quote'\"<b>.txt",
  "back\\slash",
  "html",
  ".hidden",
  "[brackets]{x}*!(y)",
  "...",
] as const;

export function encodedName(name: string): string {
  return encodeURIComponent(name);
}

function point(at: Timestamp, kind: TimelinePoint["kind"]): TimelinePoint {
  return { at, kind };
}

function time(text: string): Timestamp {
  const parsed = parseTimestamp(text);
  if (parsed === undefined) throw new Error(`${text} is no timestamp`);
  return parsed;
}
