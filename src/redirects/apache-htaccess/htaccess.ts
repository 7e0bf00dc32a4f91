import { Failure } from "../../failure.ts";
import { contentPolicy } from "../../model/content-policy.ts";
import { extensionsOfTypes } from "../../model/content-type.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Templates } from "../../templates.ts";
import type { HostEmitter } from "../hosts/host.ts";
import type { RulesDistribution, RulesFile, RulesInput, RulesRepository } from "../rules.ts";
import { quoteRegex, quoteSubstitution } from "./htaccess-quote.ts";
import { timeLists } from "./time-lists.ts";

/**
 * Apache httpd 2.4.13 and later where only `.htaccess` files can be had. `templates` is `openTemplates({ folder: "hosts/htaccess", escape: quoteHtaccess })`. HTACCESS.md tells the
 * technique, and why no order of replacement and no half-done copy makes a wrong answer that is cached for ever.
 */
export function htaccessHost(templates: Pick<Templates, "render">): HostEmitter {
  return {
    host: "htaccess",
    render(input) {
      const checkpoints = input.distributions.filter((distribution) => distribution.checkpoint);
      for (const { basePath } of input.distributions) refuseObeyedName(basePath);
      const site = siteView(input);
      return {
        public: [
          { path: "_asof/answers/moved.txt", content: "Moved.\n" },
          { path: "_asof/answers/refused.txt", content: "This address answers GET and HEAD.\n" },
          { path: "_asof/answers/removed.txt", content: "This checkpoint was removed.\n" },
          { path: "_asof/answers/.htaccess", content: templates.render("answers", site) },
          { path: "_asof/.htaccess", content: templates.render("generated", site) },
          { path: ".htaccess", content: templates.render("site", site) },
          ...checkpoints.flatMap((one) => distributionFiles(templates, input, one)),
        ],
        rules: [],
      };
    },
  };
}

/** Lists before what leads to them: the file of the distribution, which says up to when they are asked, comes last. */
function distributionFiles(
  templates: Pick<Templates, "render">,
  input: RulesInput,
  { name, basePath, repository: repositoryName }: RulesDistribution,
): readonly RulesFile[] {
  const repository = input.repositories.find((one) => one.name === repositoryName);
  if (repository === undefined) throw new Error(`the distribution ${name} serves no repository of the rules`);
  const base = `${input.mount}${basePath}/`;
  const view = {
    ...siteView(input),
    name,
    repository: repositoryName,
    base: placeView(base),
    gonePages: placeView(`${base}_asof/gone/`),
    // Where the distribution lies in the file system, whatever the document root.
    folder: quoteRegex(`/${basePath}/`),
  };
  const lists = timeLists(repository.timeline);
  const { settled } = repository.timeline;
  const folder = `${basePath}/_asof/times`;
  return [
    ...lists
      .filter(({ prefix }) => prefix !== "")
      .map(({ prefix, text }) => ({
        path: `${folder}/${pairsOf(prefix).join("/")}/.htaccess`,
        content: templates.render("list", { above: prefix.slice(0, -2), part: prefix.slice(-2), text, settled }),
      })),
    {
      path: `${folder}/.htaccess`,
      content: templates.render("times", {
        ...view,
        settled,
        list: lists.find(({ prefix }) => prefix === "")?.text ?? "",
      }),
    },
    { path: `${basePath}/.htaccess`, content: templates.render("distribution", { ...view, ...headView(repository) }) },
  ];
}

/** A URL path as text of a quoted argument, as a regular expression, and as a substitution of mod_rewrite. */
interface PlaceView {
  readonly path: string;
  readonly regex: string;
  readonly substitution: string;
}

function placeView(path: string): PlaceView {
  return { path, regex: quoteRegex(path), substitution: quoteSubstitution(path) };
}

interface SiteView {
  readonly site: string;
  readonly mount: PlaceView;
  readonly policy: string;
  readonly types: readonly { readonly type: string; readonly extensions: string }[];
  /** All extensions that have a type, as alternatives of a regular expression. */
  readonly knownExtensions: string;
}

function siteView({ siteName, mount, scriptHash }: RulesInput): SiteView {
  const types = Object.entries(extensionsOfTypes).map(([type, extensions]) => ({ type, extensions }));
  return {
    site: siteName,
    mount: placeView(mount),
    policy: contentPolicy(scriptHash),
    types,
    knownExtensions: types
      .flatMap(({ extensions }) => extensions.split(" "))
      .toSorted()
      .join("|"),
  };
}

interface HeadView {
  readonly log: RulesRepository["log"];
  readonly settled: boolean;
  /** The newest second at which something begins. */
  readonly last: { readonly at: string; readonly kind: "checkpoint" | "gone" } | undefined;
  readonly newest: string | undefined;
  readonly horizon: string | undefined;
}

function headView({ log, timeline }: RulesRepository): HeadView {
  const { settled, points, horizon } = timeline;
  return {
    log,
    settled,
    last: points.at(-1),
    newest: newestCheckpoint(timeline),
    horizon: horizon ?? points.at(-1)?.at,
  };
}

function pairsOf(digits: string): readonly string[] {
  return digits.match(/../g) ?? [];
}

/** A base path whose directory would stand where a file of rules has to be. */
function refuseObeyedName(basePath: string): void {
  if (!basePath.toLowerCase().split("/").includes(".htaccess")) return;
  throw new Failure("CONFIG", `the base path ${basePath} has a segment that Apache takes for a file of rules`, {
    hint: "choose another base path, or leave htaccess out of hosts",
  });
}
