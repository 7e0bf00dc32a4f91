import { existsSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { Failure } from "../../failure.ts";
import { basePathsOverlap, isBasePath } from "../../model/base-path.ts";
import type { DistributionSettings } from "../../model/config.ts";
import type { SiteJson } from "../../pages/site-json.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import { emptyLog } from "../../store/log.ts";
import type { Workspace } from "../workspace.ts";
import { readRecordedDistributions } from "./recorded-distributions.ts";

export function siteRecordFile(publicDir: string): string {
  return path.join(publicDir, "site.json");
}

/** What the site says of itself, or undefined when it was never built. */
export function readSiteRecord(publicDir: string): SiteJson | undefined {
  const text = readIfThere(siteRecordFile(publicDir))?.toString("utf8");
  if (text === undefined) return undefined;
  const parsed = siteJson.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Failure("DAMAGE", `${siteRecordFile(publicDir)} is damaged`, {
    hint: "if state/ is whole, asof verify --repair makes it again",
  });
}

/** A repository of which the site knows what the state does not. */
export interface LostRepository {
  readonly name: string;
  /** Lines of its log that the state has, and that the site was built from. */
  readonly known: number;
  readonly recorded: number;
  /** Digest of the last line that the site was built from. */
  readonly head: string;
  /** Up to this second the site's answers may be in caches for ever. */
  readonly siteHorizon: Timestamp | undefined;
  /** Whether the state's log may be the beginning of the site's. Only the lines themselves tell for sure. */
  readonly isOlder: boolean;
}

/** Repositories of which the site was built from more history than the state holds, or from another one. */
export function repositoriesBehindSite({
  config,
  store,
}: Pick<Workspace, "config" | "store">): readonly LostRepository[] {
  return (readSiteRecord(config.publicDir)?.repositories ?? []).flatMap(({ name, log, horizon }) => {
    const known = store.repository(name)?.log ?? emptyLog;
    if (log.length === 0 || known.digestAt(log.length - 1) === log.head) return [];
    return [
      {
        name,
        known: known.length,
        recorded: log.length,
        head: log.head,
        siteHorizon: horizon ?? undefined,
        isOlder: known.length < log.length,
      },
    ];
  });
}

/** Throws HISTORY_BEHIND_SITE where there are such: an old backup was restored, and answers that were given already would be given differently. */
export function checkSiteNotAhead(workspace: Workspace): void {
  const [lost] = repositoriesBehindSite(workspace);
  if (lost === undefined) return;
  const { name, known, recorded, isOlder } = lost;
  const why = isOlder
    ? `knows ${known} events of ${name}, the site was built from ${recorded}`
    : `and the site have different histories of ${name}`;
  throw new Failure("HISTORY_BEHIND_SITE", `the state directory ${why}`, {
    hint: "was an old backup of state/ restored? Nothing was written. Bring the newest state back, or let asof recover --adopt take the rest from the site",
  });
}

/** Distributions whose files may be below the document root: the configured ones and those that left the configuration. */
export function distributionsOnDisk(workspace: Pick<Workspace, "config" | "store">): readonly DistributionSettings[] {
  return [...workspace.config.distributions, ...departedDistributions(workspace)];
}

/**
 * Distributions that left the configuration and are still on disk. A base path with another repository or another kind is another distribution. The state knows them; site.json, which is output and may be lost, is
 * read as well: it is all there is of a site from before the state knew, and where the two differ about a base path it is site.json that lies beside the files.
 */
export function departedDistributions(workspace: Pick<Workspace, "config" | "store">): readonly DistributionSettings[] {
  const { config } = workspace;
  const told = (readSiteRecord(config.publicDir)?.distributions ?? []).flatMap(
    ({ name, repository, base_path: basePath, checkpoint }) =>
      isBasePath(basePath) ? [{ name, repository, basePath, checkpoint }] : [],
  );
  const places = new Map([...(readRecordedDistributions(workspace) ?? []), ...told].map((one) => [one.basePath, one]));
  return [...places.values()].filter(
    ({ basePath, repository, checkpoint }) =>
      !config.distributions.some(
        (one) => one.basePath === basePath && one.repository === repository && one.checkpoint === checkpoint,
      ),
  );
}

/**
 * Throws CONFIG when a distribution wants the place of another: of one that is still on disk, or, without `accept`, a base path under which checkpoints of another repository were ever served.
 * Clients hold those answers in their caches for ever.
 */
export function checkPlacesFree(workspace: Pick<Workspace, "config" | "store">, accept: boolean): void {
  for (const old of departedDistributions(workspace)) {
    const taker = workspace.config.distributions.find((one) => basePathsOverlap(one.basePath, old.basePath));
    if (taker === undefined) continue;
    throw new Failure(
      "CONFIG",
      taker.name === old.name
        ? `distributions.${taker.name}.base_path: ${taker.basePath} still serves ${old.checkpoint ? "checkpoints" : "the newest publication"} of the repository ${old.repository}`
        : `distributions.${taker.name}.base_path: ${taker.basePath} is still taken by ${old.name}, which left the configuration`,
      {
        hint: `choose another base path; or take ${taker.name} out of the configuration, run asof remove ${old.name}, and add it again`,
      },
    );
  }
  const promised = readPromisedPlaces(workspace);
  for (const { name, basePath, repository, checkpoint } of accept ? [] : workspace.config.distributions) {
    const before = promised.get(basePath);
    if (!checkpoint || before === undefined || before === repository) continue;
    throw new Failure(
      "CONFIG",
      `distributions.${name}.base_path: checkpoints of the repository ${before} were served under ${basePath}`,
      {
        hint: "choose another base path; or pass --accept to asof update once, if nobody uses the old addresses any more",
      },
    );
  }
}

/** Remembers which repository's checkpoints are served under which base path; where the list was lost, of whatever is on disk. */
export function promisePlaces(workspace: Pick<Workspace, "config" | "store">): void {
  const { store } = workspace;
  const before = readPromisedPlaces(workspace);
  const places = new Map(before);
  // The configured ones come last: what they say counts.
  for (const { basePath, repository, checkpoint } of distributionsOnDisk(workspace).toReversed()) {
    const isServed = (store.repository(repository)?.history.checkpoints.length ?? 0) > 0;
    if (checkpoint && isServed) places.set(basePath, repository);
  }
  if ([...places].every(([basePath, repository]) => before.get(basePath) === repository)) return;
  const sorted = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1));
  replaceFile(store.layout.places, `${JSON.stringify(sorted)}\n`, 0o600);
}

/** Whether there is no such list although checkpoints are served, which nothing makes visible before it is written. */
export function arePlacesMissing(workspace: Pick<Workspace, "config" | "store" | "publicLayout">): boolean {
  const { store, publicLayout } = workspace;
  if (existsSync(store.layout.places)) return false;
  return distributionsOnDisk(workspace).some(
    ({ basePath, repository, checkpoint }) =>
      checkpoint &&
      store
        .repository(repository)
        ?.history.checkpoints.some(
          ({ created }) =>
            existsSync(publicLayout.checkpoint(basePath, created)) ||
            existsSync(publicLayout.beside(basePath, created)),
        ) === true,
  );
}

function readPromisedPlaces({ store }: Pick<Workspace, "store">): ReadonlyMap<string, string> {
  const text = readIfThere(store.layout.places)?.toString("utf8");
  if (text === undefined) return new Map();
  const parsed = z.array(z.tuple([z.string(), z.string()])).safeParse(parseJson(text));
  if (parsed.success) return new Map(parsed.data);
  throw new Failure("DAMAGE", `${store.layout.places} is damaged`, {
    hint: "restore state/ from a backup; nothing was written",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));

const siteJson = z.object({
  schemaVersion: z.literal(1),
  title: z.string(),
  repositories: z.array(
    z.object({
      name: z.string(),
      log: z.object({ length: z.int().nonnegative(), head: z.string() }),
      horizon: second.nullable(),
    }),
  ),
  distributions: z.array(
    z.object({
      name: z.string(),
      repository: z.string(),
      base_path: z.string(),
      checkpoint: z.boolean(),
      listed: z.boolean(),
      newest: second.nullable(),
    }),
  ),
});
