import { createHash } from "node:crypto";

import { contentPolicy } from "../../model/content-policy.ts";
import { extensionsOfTypes } from "../../model/content-type.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import type { MementoPaths } from "../../model/memento.ts";
import { newestCheckpoint } from "../../model/timeline.ts";
import type { Templates } from "../../templates.ts";
import { dayLists, openAnswer } from "../day-lists.ts";
import type { Boundary, DayList, OpenAnswer } from "../day-lists.ts";
import { httpDatePattern } from "./http-date-pattern.ts";
import type { HttpDatePattern } from "./http-date-pattern.ts";
import { quoteNginx, quoteRegex } from "./nginx-quote.ts";
import { satisfiableRange } from "./range-patterns.ts";
import { mutablePaths, rootFiles } from "../mutable-paths.ts";
import type { Emitter, RulesInput, RulesRepository } from "../rules.ts";

/**
 * nginx 1.18 and later. `templates` is `openTemplates({ folder: "nginx", escape: quoteNginx })`.
 *
 * `nginx/http.conf` holds all that changes with a checkpoint, `nginx/server.conf` all that changes with the configuration alone: a reload between their two renames sees the rules of
 * one run or of the other, never a mixture that means something else.
 */
export function nginxEmitter(templates: Pick<Templates, "render">): Emitter {
  return {
    server: "nginx",
    render(input) {
      // Before eta does, which would wrap the failure in an error of its own.
      quoteNginx(input.publicDir);
      return [
        { path: "nginx/http.conf", content: templates.render("http", httpView(input)) },
        { path: "nginx/server.conf", content: templates.render("server", serverView(input)) },
      ];
    },
  };
}

interface HttpView {
  /** Prefix of every variable. */
  readonly v: string;
  readonly site: string;
  readonly policy: string;
  /** Where the assets of pages are, as a regular expression. */
  readonly assets: string;
  readonly date: HttpDatePattern;
  readonly satisfiableRange: readonly string[];
  readonly repositories: readonly {
    readonly name: string;
    readonly network: string;
    readonly log: RulesRepository["log"];
    readonly settled: boolean;
    readonly newest: string | undefined;
    readonly first: string | undefined;
    /** When the newest run of tombstones began, where nothing newer is kept. */
    readonly goneSince: string | undefined;
    /** Lines of a `geo` block, ready: there may be thousands. */
    readonly lists: string;
  }[];
}

function httpView({ siteName, mount, scriptHash, repositories }: RulesInput): HttpView {
  const v = variablePrefix(siteName);
  return {
    v,
    site: siteName,
    date: httpDatePattern(`${v}_day`),
    satisfiableRange: satisfiableRange(),
    policy: contentPolicy(scriptHash),
    assets: quoteRegex(`${mount}_asof/assets/`),
    repositories: repositories.map(({ name, timeline, log }) => {
      const open = openAnswer(timeline);
      const address = repositoryAddress(name);
      return {
        name,
        log,
        network: `${address}::/48`,
        settled: timeline.settled,
        newest: newestCheckpoint(timeline),
        first: timeline.points.find(({ kind }) => kind === "checkpoint")?.at,
        goneSince: open.kind === "gone" ? open.at : undefined,
        lists: dayLists(timeline)
          .map((list) => `  ${networkOf(address, list.prefix)} ${packList(list, open)};\n`)
          .join(""),
      };
    }),
  };
}

interface ServerView {
  readonly v: string;
  readonly site: string;
  readonly publicDir: string;
  /** What asof generates beside the distributions. */
  readonly generated: Place;
  readonly checkpoints: readonly (Place & {
    readonly name: string;
    readonly repository: string;
    readonly address: string;
    readonly past: MementoPaths;
    /** The path of the TimeGate without its last slash. */
    readonly gateRegex: string;
  })[];
  /** JSON beside the front page, which pages read. */
  readonly rootFiles: readonly Pick<Place, "path" | "directory">[];
  readonly types: readonly { readonly type: string; readonly extensions: string }[];
  /** Plain distributions, the directories above base paths, and the mount itself: everything there may change. */
  readonly mutable: readonly (Place & {
    /** Where the past of a plain distribution is, if it has any. */
    readonly past: MementoPaths | undefined;
  })[];
}

/** A URL path with slashes at both ends, as text and as a regular expression, and the directory that it shows, with a slash at its end. */
interface Place {
  readonly path: string;
  readonly regex: string;
  readonly directory: string;
}

function serverView(input: RulesInput): ServerView {
  const { siteName, mount, publicDir, distributions } = input;
  const past = mementoPathsOf(mount, distributions);
  const place = (below: string): Place => {
    const path = below === "" ? mount : `${mount}${below}/`;
    return { path, regex: quoteRegex(path), directory: below === "" ? `${publicDir}/` : `${publicDir}/${below}/` };
  };
  return {
    v: variablePrefix(siteName),
    site: siteName,
    publicDir,
    generated: place("_asof"),
    checkpoints: distributions.flatMap(({ name, basePath, repository, checkpoint }) => {
      const own = past.get(basePath);
      if (!checkpoint || own === undefined) return [];
      return [
        {
          ...place(basePath),
          name,
          repository,
          address: `${repositoryAddress(repository)}::`,
          past: own,
          gateRegex: quoteRegex(own.gate.slice(0, -1)),
        },
      ];
    }),
    rootFiles: rootFiles(mount).map((name) => ({ path: `/${name}`, directory: `${publicDir}/${name}` })),
    mutable: mutablePaths(mount, distributions).map((below) => ({ ...place(below), past: past.get(below) })),
    types: Object.entries(extensionsOfTypes).map(([type, extensions]) => ({ type, extensions })),
  };
}

/** A named group of PCRE has at most 32 characters: a longer site name is cut and told apart by its digest. */
function variablePrefix(siteName: string): string {
  return `asof_${siteName.length <= 20 ? siteName : siteName.slice(0, 12) + sha256(siteName).slice(0, 8)}`;
}

/**
 * The first 48 bits of an IPv6 address that stands for a repository: of its name's digest, because it must be the same in both files whichever of them is older.
 */
function repositoryAddress(name: string): string {
  const hex = sha256(name);
  return `${hex.slice(0, 4)}:${hex.slice(4, 8)}:${hex.slice(8, 12)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Decimal digits of a time are hex digits of an address: `20250318` of `ab12:cd34:ef56` is `ab12:cd34:ef56:2025:0318::/80`. */
function networkOf(repository: string, prefix: string): string {
  let address = repository;
  for (let index = 0; index < prefix.length; index += 4) address += `:${prefix.slice(index, index + 4).padEnd(4, "0")}`;
  return `${address}::/${48 + 4 * prefix.length}`;
}

/** One value of the list, e.g. `20250318/T140338ZT080000g=20250317T235900Z`; the template tells how to read it. */
function packList({ prefix, boundaries, before }: DayList, open: OpenAnswer): string {
  const skipped = prefix.length > 8 ? prefix.length + 1 : prefix.length;
  const first = boundaries[0];
  const items = boundaries.map((boundary) => packBoundary(boundary, open).slice(skipped)).join("");
  return `${first === undefined ? "" : first.at.slice(0, skipped)}/${items}=${before === undefined ? "" : packBoundary(before, open)}`;
}

function packBoundary({ at, kind }: Boundary, open: OpenAnswer): string {
  const letter = kind === "checkpoint" ? "Z" : kind === "gone" ? "g" : openLetters[open.kind];
  return at.slice(0, 15) + letter;
}

const openLetters = { checkpoint: "o", gone: "x", none: "n" } as const satisfies Record<OpenAnswer["kind"], string>;
