import type { Answer } from "./pulp-content-app.ts";
import { compareTimes } from "./pulp-world.ts";
import type { PulpWorld } from "./pulp-world.ts";

export const apiPrefix = "/pulp/api/v3/";
const repository = `${apiPrefix}repositories/file/file/0190-repository/`;

/** What Pulp's API answers below its prefix, as far as checkpoints go. `host` is what the request named. */
export function answerApi(world: PulpWorld, target: string, host: string): Answer {
  const url = new URL(target, `http://${host}`);
  const path = url.pathname.slice(apiPrefix.length);
  if (path === "distributions/" || path === `distributions/${world.plugin}/`) {
    const isWhole = path !== "distributions/";
    return json(page(url, distributions(world, url, isWhole)));
  }
  if (path === `publications/${world.plugin}/`) return json(page(url, publications(world, url)));
  return { status: 404, headers: { "content-type": "application/json" }, body: '{"detail":"Not found."}' };
}

function distributions(world: PulpWorld, { searchParams }: URL, isWhole: boolean): readonly object[] {
  const paths = searchParams.get("base_path__in")?.split(",");
  const name = searchParams.get("name");
  const isAsked = (name === null || name === "snapshots") && (paths === undefined || paths.includes(world.basePath));
  if (!isAsked) return [];
  return [
    {
      pulp_href: `${apiPrefix}distributions/${world.plugin}/0190-distribution/`,
      name: "snapshots",
      base_path: world.basePath,
      base_url: world.baseUrl,
      repository,
      ...(isWhole ? { checkpoint: true, publication: null } : {}),
    },
  ];
}

/** Only complete ones, newest first unless asked otherwise. */
function publications(world: PulpWorld, { searchParams }: URL): readonly object[] {
  if (searchParams.get("repository") !== repository) return [];
  const ascending = searchParams.get("ordering") === "pulp_created";
  return world.publications
    .filter((one) => one.complete && (searchParams.get("checkpoint") !== "true" || one.checkpoint))
    .toSorted((a, b) => compareTimes(a.created, b.created) * (ascending ? 1 : -1))
    .map(({ href, created, checkpoint, manifest }) => ({
      pulp_href: href,
      pulp_created: created,
      repository_version: `${repository}versions/1/`,
      checkpoint,
      distributions: [],
      ...(manifest === undefined ? {} : { manifest }),
    }));
}

function page(url: URL, all: readonly object[]): object {
  const limit = Number(url.searchParams.get("limit") ?? "100");
  const offset = Number(url.searchParams.get("offset") ?? "0");
  const link = (at: number): string => {
    const other = new URL(url);
    other.searchParams.set("offset", String(at));
    return other.href;
  };
  return {
    count: all.length,
    next: offset + limit < all.length ? link(offset + limit) : null,
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    results: all.slice(offset, offset + limit),
  };
}

function json(value: object): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
