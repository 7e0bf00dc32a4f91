import { contentPolicy } from "../../model/content-policy.ts";
import { extensionsOfTypes } from "../../model/content-type.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import type { MementoPaths } from "../../model/memento.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Templates } from "../../templates.ts";
import { openAnswer } from "../day-lists.ts";
import { mutablePaths, rootFiles } from "../mutable-paths.ts";
import type { Emitter, RulesInput, RulesRepository } from "../rules.ts";
import { caddyRegex, quoteCaddy } from "./caddy-quote.ts";
import { padding, searchCondition } from "./caddy-search.ts";
import { caddyTimes } from "./caddy-times.ts";
import type { CaddyTimes } from "./caddy-times.ts";

/** Caddy 2.6 and later, inside a site block. `templates` is `openTemplates({ folder: "caddy", escape: quoteCaddy })`. */
export function caddyEmitter(templates: Pick<Templates, "render">): Emitter {
  return {
    server: "caddy",
    render(input) {
      // Before eta does, which would wrap the failure in an error of its own.
      for (const folder of [input.publicDir, input.rulesDir]) quoteCaddy(folder);
      return [{ path: "caddy/asof.caddy", content: templates.render("asof", siteView(input)) }];
    },
  };
}

interface SiteView {
  /** Prefix of every name of a matcher, variable, placeholder and regular expression. */
  readonly v: string;
  readonly site: string;
  readonly rulesDir: string;
  readonly publicDir: string;
  readonly policy: string;
  /** URL path of public/, slashes at both ends. */
  readonly mount: string;
  /** The same as a regular expression, behind whatever may precede a path in a request target. */
  readonly rawMount: string;
  /** The mount without its last slash, as a regular expression. */
  readonly mountRegex: string;
  /** Whether everything below the mount is ours; where it is not, `first` are the names below it that are, and `files` files. */
  readonly ownsMount: boolean;
  readonly first: string;
  readonly files: string;
  /** URL paths of all places without their slash. */
  readonly bare: readonly string[];
  /** Base paths of checkpoint distributions as alternatives of a regular expression; "" for none. */
  readonly bases: string;
  readonly logs: readonly Pick<RulesRepository, "name" | "log">[];
  /** False where there is but one repository to be asked about. */
  readonly choosesRepository: boolean;
  /** Those that have checkpoint distributions. */
  readonly repositories: readonly {
    readonly name: string;
    /** Base paths of its checkpoint distributions. */
    readonly bases: readonly string[];
    readonly times: CaddyTimes;
  }[];
  readonly checkpoints: readonly CheckpointsView[];
  readonly plain: readonly { readonly regex: string; readonly past: MementoPaths }[];
  readonly padding: string;
  readonly searches: { readonly moved: string; readonly any: string };
  /** As HTTP writes them. */
  readonly months: readonly string[];
  readonly types: readonly { readonly type: string; readonly extensions: readonly string[] }[];
}

interface CheckpointsView {
  readonly basePath: string;
  readonly repository: string;
  readonly past: MementoPaths;
  readonly newest: string;
  /** The oldest checkpoint that is kept. */
  readonly oldest: string;
  /** When the newest run of tombstones began, where nothing newer is kept. */
  readonly goneSince: string;
  /** Caching of settled answers. */
  readonly promise: string;
}

function siteView(input: RulesInput): SiteView {
  const { siteName, mount, publicDir, rulesDir, scriptHash, distributions } = input;
  const checkpoints = distributions.filter(({ checkpoint }) => checkpoint);
  const mountRegex = caddyRegex(mount.slice(0, -1));
  const repositories = input.repositories.flatMap(({ name, timeline }) => {
    const bases = checkpoints.filter(({ repository }) => repository === name).map(({ basePath }) => basePath);
    return bases.length === 0 ? [] : [{ name, bases, times: caddyTimes(timeline) }];
  });
  return {
    v: `asof_${siteName}`,
    site: siteName,
    rulesDir,
    publicDir,
    policy: contentPolicy(scriptHash),
    mount,
    mountRegex,
    rawMount: `(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?]*)?${mountRegex}/`,
    ownsMount: mount !== "/",
    first: alternatives(["_asof", ...distributions.map(({ basePath }) => basePath.replace(/\/.*/, ""))]),
    files: alternatives(rootFiles(mount)),
    bare: [...new Set([...mutablePaths(mount, distributions), ...distributions.map(({ basePath }) => basePath)])]
      .map((path) => (path === "" ? mount.slice(0, -1) : mount + path))
      .toSorted(),
    bases: alternatives(checkpoints.map(({ basePath }) => basePath)),
    logs: input.repositories,
    choosesRepository:
      repositories.length !== 1 || checkpoints.some(({ repository }) => repository !== repositories[0]?.name),
    repositories,
    ...placesOf(input),
    padding,
    searches: {
      moved: searchCondition(`asof_${siteName}_found`, { moved: true }),
      any: searchCondition(`asof_${siteName}_found`, { moved: false }),
    },
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    types: Object.entries(extensionsOfTypes).map(([type, extensions]) => ({
      type: disguise(type),
      extensions: extensions.split(" "),
    })),
  };
}

function alternatives(texts: readonly string[]): string {
  return [...new Set(texts)].toSorted().map(caddyRegex).join("|");
}

function placesOf({ mount, distributions, repositories }: RulesInput): Pick<SiteView, "checkpoints" | "plain"> {
  const paths = mementoPathsOf(mount, distributions);
  const checkpoints: CheckpointsView[] = [];
  const plain: SiteView["plain"][number][] = [];
  for (const { basePath, repository, checkpoint } of distributions) {
    const past = paths.get(basePath);
    if (past === undefined) continue;
    if (!checkpoint) plain.push({ regex: caddyRegex(basePath), past });
    const timeline = repositories.find(({ name }) => name === repository)?.timeline;
    if (!checkpoint || timeline === undefined) continue;
    const open = openAnswer(timeline);
    checkpoints.push({
      basePath,
      repository,
      past,
      newest: newestCheckpoint(timeline) ?? "",
      oldest: timeline.points.find(({ kind }) => kind === "checkpoint")?.at ?? "",
      goneSince: open.kind === "gone" ? open.at : "",
      promise: timeline.settled ? "public, max-age=31536000, immutable" : "no-cache",
    });
  }
  return { checkpoints, plain };
}

/**
 * A media type as it is written inside the rules. Handlers of the user's own that wrap ours and go by the type, `templates` above all, must not know texts for what they are: `text!html` becomes `text/html` behind
 * their back. Parts of a multipart answer name the type as it is here, so that those of packages and images are left alone.
 */
function disguise(type: string): string {
  return /^(?:text\/|application\/(?:json|atom|link)|image\/svg)/.test(type) ? type.replace("/", "!") : type;
}
