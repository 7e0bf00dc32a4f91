import { Failure } from "../../failure.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import type { Templates } from "../../templates.ts";
import type { RulesFile, RulesInput } from "../rules.ts";
import { inlineTimes, storedTimes } from "./cloudfront-times.ts";
import { edgePolicy } from "./edge-view.ts";
import { shortenScript } from "./edge-shorten.ts";
import type { HostEmitter } from "./host.ts";

/** AWS: code of a function, and all of a file that a key value store is filled from. */
const largestFunction = 10_240;
const largestStore = 5_000_000;

/**
 * CloudFront Functions in front of a bucket. `templates` are those of `hosts`, because edge functions share parts.
 *
 * Times stand in the function while it is small enough, else in `key-values.json`. Either is the one file that changes with a checkpoint. A CONFIG failure when they fit nowhere.
 */
export function cloudfrontHost(templates: Pick<Templates, "render">): HostEmitter {
  return {
    host: "cloudfront",
    render(input) {
      const inline = inlineFunction(input);
      const view = requestView(input, inline === undefined);
      const request = inline ?? renderFunction("viewer-request", view);
      const response = renderFunction("viewer-response", view);
      for (const text of [request, response])
        assertSize(text, largestFunction, "function", "serve fewer distributions");
      const values = inline === undefined ? [keyValues(input)] : [];
      return {
        public: [],
        rules: [
          file("README.txt", templates.render("cloudfront/README", view)),
          file("viewer-response.js", response),
          ...values,
          file("viewer-request.js", request),
        ],
      };
    },
  };

  /** Undefined when it would be too large. */
  function inlineFunction(input: RulesInput): string | undefined {
    // Every time takes a byte at least: of too many nothing needs to be rendered.
    if (input.repositories.reduce((sum, { timeline }) => sum + timeline.points.length, 0) > largestFunction) return;
    const text = renderFunction("viewer-request", requestView(input, false));
    return byteLength(text) <= largestFunction ? text : undefined;
  }

  function renderFunction(name: string, view: object): string {
    return shorten(templates.render(`cloudfront/${name}`, view));
  }
}

function file(name: string, content: string): RulesFile {
  return { path: `hosts/cloudfront/${name}`, content };
}

function requestView(input: RulesInput, store: boolean): object {
  const { siteName, mount, repositories } = input;
  const views = repositories.map(({ name, timeline, log }) => {
    const { from, width, points } = inlineTimes(timeline);
    return {
      name,
      log,
      key: JSON.stringify(name),
      isSettled: JSON.stringify(timeline.settled),
      horizon: JSON.stringify(timeline.horizon ?? timeline.points.at(-1)?.at ?? ""),
      from: JSON.stringify(from),
      width,
      points: JSON.stringify(points),
    };
  });
  return {
    site: siteName,
    store,
    mount: JSON.stringify(mount),
    mountPath: mount.slice(0, -1),
    policy: edgePolicy(input),
    repositories: views,
    checkpointPaths: input.distributions.filter(({ checkpoint }) => checkpoint).map(({ basePath }) => basePath),
    pointBytes: Math.max(1, ...views.map(({ width }) => width)),
    ...distributionLists(input),
    directories: JSON.stringify(knownDirectories(input)),
  };
}

/** URL paths, slashes at their ends, of the directories that surely exist beside checkpoint distributions: of the mount, of plain distributions, and what is above a base path. */
function knownDirectories({ mount, distributions }: RulesInput): readonly string[] {
  const paths = distributions.flatMap(({ basePath, checkpoint }) => {
    const parts = basePath.split("/");
    return parts.slice(0, checkpoint ? -1 : parts.length).map((_, index) => parts.slice(0, index + 1).join("/"));
  });
  return [...(mount === "/" ? [] : [mount]), ...[...new Set(paths)].toSorted().map((path) => `${mount}${path}/`)];
}

/**
 * Everything that tells a distribution from others, as JSON: `[basePath, original, repository]` of one with checkpoints, `[basePath, base path of its past]` of a plain one. Paths are
 * below the mount.
 */
function distributionLists({ mount, distributions }: RulesInput): object {
  const paths = mementoPathsOf(mount, distributions);
  const below = (path: string | undefined): string => path?.slice(mount.length) ?? "";
  const checkpoints = distributions
    .filter(({ checkpoint }) => checkpoint)
    .map(({ basePath, repository }) => [basePath, below(paths.get(basePath)?.original), repository]);
  const plains = distributions
    .filter(({ checkpoint }) => !checkpoint)
    .map(({ basePath }) => [basePath, below(paths.get(basePath)?.base).slice(0, -1)]);
  return { checkpoints: JSON.stringify(checkpoints), plains: JSON.stringify(plains) };
}

/** Several sites may share a store: keys begin with the name of the site. */
function keyValues({ siteName, repositories }: RulesInput): RulesFile {
  const values = repositories.flatMap(({ name, timeline, log }) => [
    { key: `asof-log ${siteName}/${name}`, value: `${log.length} ${log.head === "" ? "-" : log.head}` },
    ...storedTimes(`${siteName}/${name}`, timeline),
  ]);
  const content = `{"data":[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]}\n`;
  assertSize(content, largestStore, "key value store", "keep fewer checkpoints (retain)");
  return file("key-values.json", content);
}

function assertSize(text: string, limit: number, what: string, remedy: string): void {
  const size = byteLength(text);
  if (size <= limit) return;
  throw new Failure(
    "CONFIG",
    `a CloudFront ${what} of ${size} bytes would be larger than the ${limit} that AWS takes`,
    {
      hint: `${remedy}, or take the host \`cloudfront\` out of the configuration`,
    },
  );
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The first lines, which are comments, and the rest as short as it can be. */
function shorten(text: string): string {
  const code = text.search(/^(?!\/\/)/m);
  return text.slice(0, code) + shortenScript(text.slice(code), ["handler", "from"]);
}
