import { setMaxListeners } from "node:events";

import { z } from "zod";

import { Failure } from "../../failure.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { onlyBase, placeOf } from "../verify-url/find-bases.ts";
import { mirrorUrl, openMirrorClient } from "../verify-url/mirror-client.ts";
import type { MirrorClient } from "../verify-url/mirror-client.ts";
import { readJson } from "../verify-url/read-json.ts";
import { openRecordReader } from "../verify-url/read-records.ts";
import type { Series, SeriesPoint } from "./series.ts";

/**
 * The checkpoints of a published mirror, from the one that answers `from` to the one that answers `until`, by what it says itself in `checkpoints.json` and the lists of years. Nothing else is asked for, until the
 * record of a directory is wanted. Throws a SOURCE_ failure when the mirror cannot be read, USAGE for an address that is none.
 */
export async function openPublishedSeries({
  url,
  from,
  until,
  signal,
  retries = 3,
  timeoutSeconds = 30,
}: {
  readonly url: string;
  readonly from: Timestamp | "latest";
  readonly until: Timestamp | "latest";
  readonly signal: AbortSignal;
  readonly retries?: number;
  readonly timeoutSeconds?: number;
}): Promise<Series> {
  const home = mirrorUrl(url);
  // Every request listens to it; Node warns of more than ten.
  setMaxListeners(0, signal);
  const client = openMirrorClient(home, { signal, retries, timeoutSeconds });
  const base = await onlyBase(client, placeOf(client.url(home, ""), undefined).url);
  const list = await readJson(client, base, "checkpoints.json", { shape: checkpointsJson, mostBytes });
  const points = await readPoints(client, base, list, { from, until });
  const reader = openRecordReader(client, base, {
    repository: list.repository,
    onFault(path, kind, text) {
      throw new Failure(kind === "missing" ? "SOURCE_REFUSED" : "SOURCE_BAD_DATA", `${base.href}${path}: ${text}`, {
        hint: "a mirror made by an older asof has no records; without --path none is needed to find the checkpoint",
      });
    },
  });
  return {
    distribution: list.distribution,
    repository: list.repository,
    points,
    async tree(digest, path) {
      const tree = await reader.record(digest, path);
      if (tree === undefined) throw new Error("a fault was reported and did not throw");
      return tree;
    },
    url: (at) => `${client.url(base, at).href}/`,
    directory: () => undefined,
  };
}

type CheckpointsJson = z.infer<typeof checkpointsJson>;

/** Years before the one that answers `from`, and after the one that answers `until`, are not fetched. */
async function readPoints(
  client: MirrorClient,
  base: URL,
  list: CheckpointsJson,
  { from, until }: { readonly from: Timestamp | "latest"; readonly until: Timestamp | "latest" },
): Promise<readonly SeriesPoint[]> {
  const yearOf = (at: Timestamp | "latest"): number =>
    list.years.findLast(({ first }) => at === "latest" || first <= at)?.year ?? 0;
  const [oldest = 0, newest = 0] = [yearOf(from), yearOf(until)].toSorted((a, b) => a - b);
  const points: SeriesPoint[] = list.gone.map(({ from: at }) => ({ kind: "gone", at }));
  for (const { year } of list.years) {
    if (year < oldest || year > newest) continue;
    const { checkpoints } =
      year === list.year
        ? list
        : await readJson(client, base, `checkpoints/${year}.json`, { shape: yearJson, mostBytes });
    for (const { time: at, root } of checkpoints) points.push({ kind: "checkpoint", at, root });
  }
  points.sort((a, b) => (a.at < b.at ? -1 : 1));
  if (points.some(({ at }, index) => at === points[index + 1]?.at))
    throw new Failure("SOURCE_BAD_DATA", `${base.href}checkpoints.json names a checkpoint twice`);
  return points;
}

const mostBytes = 64 * 1_048_576;

/** What a configuration takes for a name: it stands in messages and in the environment of the command. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/);
const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));
const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const rows = z.array(z.object({ time: second, root: digest }));
const yearJson = z.object({ schemaVersion: z.literal(1), checkpoints: rows });
const checkpointsJson = z.object({
  schemaVersion: z.literal(1),
  distribution: name,
  repository: name,
  years: z.array(z.object({ year: z.int().min(0).max(9999), first: second })),
  year: z.int().nullable(),
  checkpoints: rows,
  gone: z.array(z.object({ from: second })),
});
