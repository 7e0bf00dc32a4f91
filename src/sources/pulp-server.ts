import { Failure } from "../failure.ts";
import type { FetchSettings } from "../model/config.ts";
import type { PulpRemote } from "../model/remote.ts";
import { addSeconds, timestampFromSeconds } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { listedSeconds } from "../formats/pulp/listing.ts";
import { readAccess } from "./http-access.ts";
import type { ResolveHost } from "./http-address.ts";
import type { Environment } from "./http-agent.ts";
import { realTiming } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import { openHttp } from "./http.ts";
import { shownUrl } from "./manifest-location.ts";
import { readPublications } from "./pulp-api.ts";
import type { PulpPublication } from "./pulp-api.ts";
import { openPulpCheckpoint } from "./pulp-checkpoint.ts";
import type { KnownPool, PulpCheckpoint } from "./pulp-checkpoint.ts";
import { openGuarded } from "./pulp-guard.ts";
import { openPulpMemory } from "./pulp-memory.ts";
import { readListing } from "./pulp-listing.ts";
import { pulpRedirectProblem } from "./pulp-location.ts";
import type { Source, SourceCache } from "./source.ts";

/** A checkpoint distribution of a Pulp server: many states, each with a time of its own. */
export interface PulpServer {
  /** What there is now. */
  look(signal: AbortSignal): Promise<PulpLook>;
  /** One of what was seen there. Its `list` throws a SourceNotReady for a checkpoint that is not whole yet, or not there any more. */
  open(checkpoint: PulpCheckpoint): Source;
}

export interface PulpLook {
  /** Ascending, one for each second: of several in one, Pulp serves the last. */
  readonly checkpoints: readonly PulpCheckpoint[];
  /** Seconds that are served and of which the API says nothing, so that they are still being made. Ascending. */
  readonly unfinished: readonly Timestamp[];
  /** The last second in which no checkpoint can begin any more, by Pulp's own clock. */
  readonly over: Timestamp;
  /** That clock, when looking began. */
  readonly serverSeconds: number;
}

export interface PulpServerOptions {
  /** What a manifest is called where the API does not say; undefined where there is none. */
  readonly manifestName: string | undefined;
  readonly pool: KnownPool;
  /** Where it is remembered what files without a stated digest were like. */
  readonly cache?: SourceCache;
  readonly timing?: RetryTiming;
  readonly environment?: Environment;
  readonly resolve?: ResolveHost;
}

/** Opens the server that `remote` names; reads the files that hold what it wants to see, and throws CONFIG where they do not. */
export function openPulpServer(remote: PulpRemote, fetch: FetchSettings, options: PulpServerOptions): PulpServer {
  const { manifestName, pool, cache, timing = realTiming, environment = process.env, resolve } = options;
  const base = new URL(remote.url);
  const api = remote.api === undefined ? undefined : new URL(remote.api);
  const access = readAccess(remote);
  const memory = openPulpMemory(cache);
  const http = { timeoutSeconds: fetch.timeoutSeconds, environment, resolve, access };
  const content = { ...http, redirectProblem: pulpRedirectProblem(base) };
  const withoutPassword = readAccess({ ...remote, user: undefined, passwordFile: undefined });
  const transport = openGuarded(openHttp(base, { ...content, access: withoutPassword }), openHttp(base, content));
  const apiTransport = api === undefined ? undefined : openHttp(api, { ...http, sameOrigin: true });

  return {
    async look(signal) {
      const reading = { transport, fetch, timing, signal };
      // The clock is read before the lists: what begins later is later than `over`.
      const first = await readListing(base, reading);
      if (first.trueAt === undefined) {
        throw new Failure(
          "SOURCE_BAD_DATA",
          `${shownUrl(base)}: the answer has no Date, and Pulp's own clock is not known`,
        );
      }
      const publications =
        api === undefined || apiTransport === undefined
          ? undefined
          : await readPublications(remote, api, { ...reading, transport: apiTransport });
      const last = await readListing(base, reading);
      const served = listedSeconds(last.names);
      const checkpoints = publications === undefined ? served.map(unknownCheckpoint) : lastOfEachSecond(publications);
      const known = new Set(checkpoints.map(({ second }) => second));
      return {
        checkpoints,
        unfinished: served.filter((second) => !known.has(second)),
        // Another cache may have kept the second listing for longer than the first.
        over: addSeconds(timestampFromSeconds(Math.min(first.trueAt, last.madeAt ?? first.trueAt)), -1),
        serverSeconds: first.serverSeconds ?? first.trueAt,
      };
    },

    open: (checkpoint) =>
      openPulpCheckpoint(checkpoint, { base, transport, fetch, timing, manifestName, pool, memory }),
  };
}

function unknownCheckpoint(second: Timestamp): PulpCheckpoint {
  return { second, created: undefined, manifest: undefined };
}

function lastOfEachSecond(publications: readonly PulpPublication[]): readonly PulpCheckpoint[] {
  const bySecond = new Map<Timestamp, PulpCheckpoint>();
  for (const one of publications.toSorted((a, b) => compareTimes(a.created, b.created))) bySecond.set(one.second, one);
  return [...bySecond.values()].toSorted((a, b) => (a.second < b.second ? -1 : 1));
}

/** Pulp leaves the fraction out when it is zero. */
function compareTimes(a: string, b: string): number {
  const [left = "", right = ""] = [a, b].map((text) => text.replace(/(?:Z|\+00:00)$/, ""));
  return left === right ? 0 : left < right ? -1 : 1;
}
