import { setMaxListeners } from "node:events";

import { z } from "zod";

import { compareNames } from "../model/compare-names.ts";
import { historyQueries, isInParts, isMeant, namesFor } from "../model/history-range.ts";
import type { HistoryQuery } from "../model/history-range.ts";
import { isTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { historyIndexName, historyPageName, historyPartName } from "../pages/history-json.ts";
import type { PathHistory, ShownEvent } from "./path-history.ts";
import { onlyBase, placeOf } from "./verify-url/find-bases.ts";
import { mirrorUrl, openMirrorClient } from "./verify-url/mirror-client.ts";
import type { MirrorClient } from "./verify-url/mirror-client.ts";
import { readJson } from "./verify-url/read-json.ts";

export interface MirrorHistories {
  readonly repository: string;
  /** Sorted by path. */
  readonly paths: readonly PathHistory[];
  /** Whether there are others, which were not asked for. */
  readonly more: boolean;
  /** What was received of the history, in bytes. */
  readonly received: number;
}

export interface MirrorHistoryRequest {
  readonly url: string;
  /** A path; where there never was one of that name, the beginning of a name. */
  readonly text: string;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
  readonly retries?: number;
  readonly timeoutSeconds?: number;
}

/**
 * When paths of a published mirror came, changed and went, by what stands below its `_asof/history/`: a few files of some kilobytes. Throws a SOURCE_ failure when they are not there or not as asof writes them, USAGE for
 * an address that is none.
 */
export async function mirrorHistories(request: MirrorHistoryRequest): Promise<MirrorHistories> {
  const { url, signal, retries = 3, timeoutSeconds = 30, limit } = request;
  // Every request listens to it; Node warns of more than ten.
  setMaxListeners(0, signal);
  const home = mirrorUrl(url);
  const client = openMirrorClient(home, { signal, retries, timeoutSeconds });
  const files = await openFiles(client, placeOf(client.url(home, ""), undefined).url);
  const queries = historyQueries(request.text);
  const exact = await lookUp(files, queries.path, limit);
  const { paths, more } = exact.paths.size > 0 ? exact : await lookUp(files, queries.prefix, limit);
  return {
    repository: files.repository,
    paths: [...paths]
      .map(([path, events]) => ({ path, events: limit === undefined ? events : events.slice(-limit) }))
      .toSorted((a, b) => compareNames(a.path, b.path)),
    more,
    received: files.received(),
  };
}

interface Found {
  readonly paths: ReadonlyMap<string, readonly ShownEvent[]>;
  readonly more: boolean;
}

/** How many files of a history are read for all names that begin alike. */
const mostFiles = 4;

async function lookUp(files: HistoryFiles, query: HistoryQuery, limit: number | undefined): Promise<Found> {
  const paths = new Map<string, readonly ShownEvent[]>();
  let left = query.kind === "path" ? Number.POSITIVE_INFINITY : mostFiles;
  for await (const { name, parts } of files.shards(query)) {
    // Later events are in later parts: the newest come first.
    for (let part = parts; part > 0; part--) {
      if (left === 0) return { paths, more: true };
      left -= 1;
      for (const { path, events } of await files.part(name, part)) {
        if (isMeant(path, query)) paths.set(path, [...events.map(shownEvent), ...(paths.get(path) ?? [])]);
      }
      const isEnough = query.kind === "path" && limit !== undefined && (paths.get(query.path)?.length ?? 0) >= limit;
      if (isEnough) break;
    }
  }
  return { paths, more: false };
}

interface HistoryFiles {
  readonly repository: string;
  shards(query: HistoryQuery): AsyncGenerator<{ readonly name: string; readonly parts: number }>;
  part(shard: string, part: number): Promise<z.infer<typeof shardJson>["paths"]>;
  received(): number;
}

async function openFiles(mirror: MirrorClient, address: URL): Promise<HistoryFiles> {
  const texts = new Map<string, ReturnType<MirrorClient["text"]>>();
  let received = 0;
  const fetched: MirrorClient["text"] = async (url, most) => {
    const body = await mirror.text(url, most);
    if (Buffer.isBuffer(body)) received += body.length;
    return body;
  };
  const text: MirrorClient["text"] = (url, most) => {
    const body = texts.get(url.href) ?? fetched(url, most);
    texts.set(url.href, body);
    return body;
  };
  const client = { ...mirror, text };
  const index = await text(client.url(address, `${folder}${historyIndexName}`), mostBytes);
  const base = Buffer.isBuffer(index) ? address : await onlyBase(mirror, address);
  const indexOf = (name: string): Promise<Index> =>
    readJson(client, base, `${folder}${name}`, { shape: indexJson, mostBytes });
  const top = await indexOf(historyIndexName);
  return {
    repository: top.repository,
    async *shards(query) {
      const pages = top.pages === undefined ? [top] : namesFor(top.pages, query).map(historyPageName);
      for (const page of pages) {
        const { shards = [], parts = new Map() } = typeof page === "string" ? await indexOf(page) : page;
        for (const name of namesFor(shards, query)) {
          const count = parts.get(name) ?? 1;
          if (count === 1 || isInParts(name, query)) yield { name, parts: count };
        }
      }
    },
    async part(shard, part) {
      const shape = { shape: shardJson, mostBytes };
      const { paths } = await readJson(client, base, `${folder}${historyPartName(shard, part)}`, shape);
      return paths;
    },
    received: () => received,
  };
}

function shownEvent([at, kind, bytes, sha256, takenDown]: z.infer<typeof event>): ShownEvent {
  if (kind === "removed") return { kind, at, gone: undefined };
  return { kind, at, bytes, sha256, gone: undefined, takenDown: takenDown !== undefined };
}

const folder = "_asof/history/";

/** Much more than any of these files has. */
const mostBytes = 4 * 1_048_576;

/** It becomes a part of an address. */
const fileName = z.string().regex(/^(?:[a-z0-9.-]|_[0-9a-f]{2}){0,255}$/);
const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));
const indexJson = z.object({
  schemaVersion: z.literal(1),
  repository: z.string().max(255),
  pages: z.array(fileName).optional(),
  shards: z.array(fileName).optional(),
  // A name may be `constructor`.
  parts: z
    .record(fileName, z.int().min(2))
    .transform((counts) => new Map(Object.entries(counts)))
    .optional(),
});
type Index = z.infer<typeof indexJson>;
const event = z.union([
  z.tuple([second, z.literal("removed")]),
  z.tuple(
    [second, z.enum(["added", "changed"]), z.int().nonnegative(), z.string().regex(/^[0-9a-f]{16}$/)],
    z.literal("taken-down"),
  ),
]);
const shardJson = z.object({
  schemaVersion: z.literal(1),
  paths: z.array(z.object({ path: z.string(), events: z.array(event) })),
});
