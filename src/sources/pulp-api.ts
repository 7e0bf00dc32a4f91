import { z } from "zod";

import { Failure } from "../failure.ts";
import type { FetchSettings } from "../model/config.ts";
import type { PulpRemote } from "../model/remote.ts";
import { parseTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { RequestError } from "./http-error.ts";
import { withRetries } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import type { Transport } from "./http.ts";
import { readWhole } from "./manifest-content.ts";
import { shownUrl } from "./manifest-location.ts";

/** A complete checkpoint publication. */
export interface PulpPublication {
  /** `created` cut to its second: the checkpoint's name. */
  readonly second: Timestamp;
  /** With microseconds, as Pulp writes it. */
  readonly created: string;
  /** Name of its manifest; null: it has none, undefined: of this plugin nothing is said. */
  readonly manifest: string | null | undefined;
}

export interface PulpApiOptions {
  readonly transport: Transport;
  readonly fetch: FetchSettings;
  readonly timing: RetryTiming;
  readonly signal: AbortSignal;
}

/**
 * Every complete checkpoint publication behind the distribution of `remote`, oldest first. Nothing that an answer names is asked for: pages are counted, so that a server cannot send us elsewhere or round in
 * circles, and each begins with the last one of the page before: a list that moved meanwhile is read again.
 */
export async function readPublications(
  remote: PulpRemote,
  api: URL,
  options: PulpApiOptions,
): Promise<readonly PulpPublication[]> {
  const { plugin, repository } = await findDistribution(remote, api, options);
  if (repository === null) return [];
  const url = apiUrl(api, `publications/${plugin}/`, { repository, checkpoint: "true", ordering: "pulp_created" });
  for (let round = 1; round <= mostRounds; round++) {
    const all = await readPages(url, publication, options);
    if (all !== undefined) return all.filter((one) => one.checkpoint !== false).map(publicationOf);
  }
  throw new Failure("SOURCE_MOVED", `${shownUrl(url)} changed while it was read, ${mostRounds} times`, {
    hint: "run asof when nobody removes publications",
  });
}

const mostRounds = 3;
const pageLength = 100;
/** More is no list of checkpoints. */
const mostPublications = 1_000_000;

function publicationOf({ pulp_created: created, manifest }: z.infer<typeof publication>): PulpPublication {
  const second = secondOf(created);
  if (second === undefined) throw new Error("a time was not checked");
  return { second, created, manifest };
}

/** Cut, not rounded, as Pulp does it. */
function secondOf(created: string): Timestamp | undefined {
  return parseTimestamp(`${created.slice(0, "YYYY-MM-DDTHH:MM:SS".length).replaceAll(/[-:]/g, "")}Z`);
}

/** Its kind, such as `file/file`, and the repository whose checkpoints it serves. */
async function findDistribution(
  remote: PulpRemote,
  api: URL,
  options: PulpApiOptions,
): Promise<{ readonly plugin: string; readonly repository: string | null }> {
  const url = new URL(remote.url);
  const found = await readPages(
    apiUrl(
      api,
      "distributions/",
      remote.distribution === undefined ? { base_path__in: basePaths(url).join(",") } : { name: remote.distribution },
    ),
    distribution,
    options,
  );
  const known = found ?? [];
  const ours =
    known.find((one) => isServedAt(one, url, api)) ??
    (known.length === 1 && remote.distribution !== undefined ? known[0] : undefined);
  if (ours === undefined) {
    throw new Failure("SOURCE_REFUSED", `${shownUrl(api)} knows no distribution at ${shownUrl(url)}`, {
      hint: "compare base_url of the distribution with url; where another server stands before Pulp, give the name: distribution: NAME",
    });
  }
  const plugin = /\/distributions\/([a-z0-9_]+\/[a-z0-9_-]+)\//.exec(ours.pulp_href)?.[1];
  if (plugin === undefined) {
    throw new Failure("SOURCE_BAD_DATA", `${shownUrl(api)}: the distribution ${ours.name} is of no known kind`);
  }
  const [whole] =
    (await readPages(apiUrl(api, `distributions/${plugin}/`, { name: ours.name }), distribution, options)) ?? [];
  if (whole?.checkpoint !== true) {
    throw new Failure("SOURCE_REFUSED", `${shownUrl(url)} is no checkpoint distribution`, {
      hint: "make one in Pulp, with checkpoint set, and name its URL; asof reads a plain one as type: file",
    });
  }
  return { plugin, repository: whole.repository ?? null };
}

/** What of a URL's path may be the base path: its prefix is a setting of the server. */
function basePaths({ pathname }: URL): readonly string[] {
  const segments = pathname
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => decodeURIComponent(segment));
  return segments.map((_, index) => segments.slice(index).join("/")).filter((path) => !path.includes(","));
}

/** `base_url` has no host where Pulp was not told its own. */
function isServedAt({ base_url: text }: z.infer<typeof distribution>, url: URL, api: URL): boolean {
  if (text === null || !URL.canParse(text, api.href)) return false;
  return withSlash(new URL(text, api.href).pathname) === withSlash(url.pathname);
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function apiUrl(api: URL, path: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(api);
  url.pathname += path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** All results of a list; undefined when something in it went while it was read. */
async function readPages<Item extends { readonly pulp_href: string }>(
  url: URL,
  item: z.ZodType<Item>,
  options: PulpApiOptions,
): Promise<readonly Item[] | undefined> {
  const all: Item[] = [];
  const shape = page(item);
  for (;;) {
    const last = all.at(-1);
    const asked = new URL(url);
    asked.searchParams.set("limit", String(pageLength));
    asked.searchParams.set("offset", String(Math.max(0, all.length - 1)));
    const { results, next } = await readJson(asked, shape, options);
    if (last !== undefined && results[0]?.pulp_href !== last.pulp_href) return undefined;
    const more = last === undefined ? results : results.slice(1);
    all.push(...more);
    if (next === null || next === undefined)
      return new Set(all.map((one) => one.pulp_href)).size === all.length ? all : undefined;
    if (more.length === 0 || all.length > mostPublications) {
      throw new Failure("SOURCE_BAD_DATA", `${shownUrl(url)}: the list has no end`);
    }
  }
}

function readJson<Value>(
  url: URL,
  shape: z.ZodType<Value>,
  { transport, fetch, timing, signal }: PulpApiOptions,
): Promise<Value> {
  return withRetries(
    async () => {
      const content = await transport.get(url, { signal, fresh: true });
      const bytes = await readWhole(content, fetch.maxManifestBytes);
      const parsed = shape.safeParse(parseJson(bytes));
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      const where = issue === undefined ? "" : ` (${issue.path.join(".")}: ${issue.message})`;
      throw new RequestError("SOURCE_BAD_DATA", `is no answer of Pulp's API${where}`, {
        hint: "api is the root of the API, such as https://pulp.example.org/pulp/api/v3/",
      });
    },
    { subject: shownUrl(url), retries: fetch.retries, signal, timing },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const distribution = z.object({
  pulp_href: z.string(),
  name: z.string(),
  base_url: z.string().nullable(),
  repository: z.string().nullable().optional(),
  checkpoint: z.boolean().nullable().optional(),
});

/** A time without a zone would be read as one of this machine. */
const utc = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)$/)
  .refine((text) => secondOf(text) !== undefined);

const publication = z.object({
  pulp_href: z.string(),
  pulp_created: utc,
  checkpoint: z.boolean().nullable().optional(),
  manifest: z.string().nullable().optional(),
});

function page<Item>(item: z.ZodType<Item>): z.ZodType<{ results: Item[]; next?: string | null | undefined }> {
  return z.object({ results: z.array(item), next: z.string().nullable().optional() });
}
