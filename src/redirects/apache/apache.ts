import { createHash } from "node:crypto";

import { contentPolicy } from "../../model/content-policy.ts";
import { extensionsOfTypes } from "../../model/content-type.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import type { MementoPaths } from "../../model/memento.ts";
import type { Templates } from "../../templates.ts";
import { quoteRegex, quoteSubstitution } from "../apache-htaccess/htaccess-quote.ts";
import { mutablePaths, rootFiles } from "../mutable-paths.ts";
import type { Emitter, RulesInput } from "../rules.ts";
import { assertNameable, quoteExpression, quoteMatchTarget, quoteTestString } from "./apache-quote.ts";
import { calendarMap } from "./calendar.ts";
import { timeFiles, timesFolder } from "./time-files.ts";

/**
 * Apache httpd 2.4.26 and later, inside a virtual host. `templates` is `openTemplates({ folder: "apache", escape: quoteHtaccess })`.
 *
 * `apache/times/` holds all that changes with a checkpoint, in files that Apache reads while it answers. `apache/asof.conf` changes with the configuration alone, `apache/calendar.txt` and the
 * texts of `apache/answers/` never.
 */
export function apacheEmitter(templates: Pick<Templates, "render">): Emitter {
  return {
    server: "apache",
    render(input) {
      // Before eta does, which would wrap the failure in an error of its own.
      for (const folder of [input.publicDir, input.rulesDir]) assertNameable(folder);
      return [
        { path: "apache/answers/moved.txt", content: "Moved.\n" },
        { path: "apache/answers/refused.txt", content: "This address answers GET and HEAD.\n" },
        { path: "apache/answers/removed.txt", content: "This checkpoint was removed.\n" },
        { path: "apache/calendar.txt", content: calendarMap() },
        ...input.repositories.flatMap((repository) => timeFiles(repository)),
        { path: "apache/asof.conf", content: withSkips(templates.render("asof", confView(input))) },
      ];
    },
  };
}

interface ConfView {
  readonly site: string;
  /** Name of the map. */
  readonly map: string;
  readonly rulesDir: string;
  readonly publicDir: FileView;
  /** Texts of short answers: the folder as text of a quoted argument, and as target of `AliasMatch`. */
  readonly answers: { readonly path: string; readonly match: string };
  readonly policy: string;
  readonly mount: PlaceView;
  readonly types: readonly { readonly type: string; readonly extensions: string }[];
  /** All extensions that have a type, as alternatives of a regular expression. */
  readonly knownExtensions: string;
  /** The same with their dots, in a row; and those that may mean an encoding. */
  readonly extensions: string;
  readonly encodings: string;
  /** Paths that Apache must find below public/, whatever its document root: URL path and file, without slashes at their ends. */
  readonly aliases: readonly { readonly path: string; readonly file: string }[];
  readonly generated: PlaceView;
  /** What an address begins with that mod_alias redirects: the status follows, and the path that it is sent to. Nobody can ask for it. */
  readonly moved: { readonly regex: string; readonly substitution: string };
  /** A character of a path that mod_alias sends as it is. */
  readonly steadyPath: string;
  /** Plain distributions, the directories above base paths, the mount itself. */
  readonly mutable: readonly (AnsweringPlace & { readonly memento: MementoView | undefined })[];
  readonly rootFiles: readonly PlaceView[];
  readonly checkpoints: readonly (AnsweringPlace & {
    readonly name: string;
    readonly repository: string;
    readonly file: FileView;
    /** Its times: the folder as text in an expression, and for mod_rewrite to test. */
    readonly times: { readonly expr: string; readonly test: string };
    readonly memento: MementoView;
  })[];
}

/** A URL path, with slashes at both ends: as text of a quoted argument, as a regular expression, and as a substitution of mod_rewrite. */
interface PlaceView {
  readonly path: string;
  readonly regex: string;
  readonly substitution: string;
}

/** A place with a URL path of its own, known to nobody else, through which redirects pass that mod_alias cannot send: there `Header` can make their Location a path. */
interface AnsweringPlace extends PlaceView {
  readonly answers: PlaceView;
}

/** A path of the file system without a slash at its end, as text of a quoted argument and for mod_rewrite to test. */
interface FileView {
  readonly path: string;
  readonly test: string;
}

interface MementoView {
  readonly gate: PlaceView;
  readonly map: string;
  readonly original: string;
}

function confView(input: RulesInput): ConfView {
  const { siteName, mount, publicDir, rulesDir, scriptHash, distributions } = input;
  const types = Object.entries(extensionsOfTypes).map(([type, extensions]) => ({ type, extensions }));
  const known = types.flatMap(({ extensions }) => extensions.split(" ")).toSorted();
  const answersDir = `${rulesDir}/apache/answers`;
  const below = (name: string): string => (name === "" ? mount : `${mount}${name}/`);
  const answers = (name: string): PlaceView => placeView(`${mount}_asof/answers/${name}/`);
  const moved = placeView(`${mount}_asof/answers/=`);
  const mementos = mementoPathsOf(mount, distributions);
  return {
    site: siteName,
    // Several sites of one name may live in one server: the name of the map is that of the folder.
    map: `asof_${siteName}_${createHash("sha256").update(rulesDir).digest("hex").slice(0, 8)}`,
    rulesDir,
    publicDir: fileView(publicDir),
    answers: { path: answersDir, match: quoteMatchTarget(answersDir) },
    policy: contentPolicy(scriptHash),
    mount: placeView(mount),
    types,
    knownExtensions: known.join("|"),
    extensions: dotted(known),
    encodings: dotted([...known, "Z", "br", "lz", "lz4", "lzma", "svgz"]),
    aliases: aliasNames(input).map((name) => ({
      path: `${mount}${name}`.replace(/(?<=.)\/$/, ""),
      file: name === "" ? publicDir : `${publicDir}/${name}`,
    })),
    generated: placeView(`${mount}_asof/`),
    moved,
    // Those that ap_os_escape_path leaves alone.
    steadyPath: "[A-Za-z0-9$_.+!*'(),:;@&=/~-]",
    mutable: mutablePaths(mount, distributions).map((name) => ({
      ...placeView(below(name)),
      answers: answers(name),
      memento: mementoView(mementos.get(name)),
    })),
    rootFiles: rootFiles(mount).map((name) => placeView(`${mount}${name}`)),
    checkpoints: distributions.flatMap(({ name, basePath, repository, checkpoint }) => {
      const memento = mementoView(mementos.get(basePath));
      if (!checkpoint || memento === undefined) return [];
      return [
        {
          ...placeView(below(basePath)),
          answers: answers(basePath),
          name,
          repository,
          file: fileView(`${publicDir}/${basePath}`),
          times: timesView(`${rulesDir}/${timesFolder}/${repository}`),
          memento,
        },
      ];
    }),
  };
}

function dotted(extensions: readonly string[]): string {
  return extensions.map((name) => `.${name}`).join(" ");
}

/** At a mount of `/` the first directory of each base path, because everything else is the server's own business. */
function aliasNames({ mount, distributions }: RulesInput): readonly string[] {
  if (mount !== "/") return [""];
  const first = distributions.map(({ basePath }) => basePath.split("/")[0] ?? basePath);
  return [...new Set(["_asof", ...first, ...rootFiles(mount)])].toSorted();
}

function placeView(path: string): PlaceView {
  return { path, regex: quoteRegex(path), substitution: quoteSubstitution(path) };
}

function fileView(path: string): FileView {
  return { path, test: quoteTestString(path) };
}

function timesView(folder: string): { readonly expr: string; readonly test: string } {
  return { expr: quoteExpression(folder), test: quoteTestString(folder) };
}

function mementoView(paths: MementoPaths | undefined): MementoView | undefined {
  return paths === undefined ? undefined : { gate: placeView(paths.gate), map: paths.map, original: paths.original };
}

/**
 * mod_rewrite has no blocks: a rule that leaves some out has to say how many rules it skips. In the templates it says `S=block`, and the block ends at its own line `# end of block`, or
 * `S=redirect`, and goes on at the line `# redirect`.
 */
function withSkips(text: string): string {
  const lines: string[] = [];
  const open: Skip[] = [];
  const toRedirect: Skip[] = [];
  let rules = 0;
  const resolve = (skip: Skip): void => {
    lines[skip.line] = lines[skip.line]?.replace(/\bS=(?:block|redirect)\b/, `S=${rules - skip.rule}`) ?? "";
  };
  for (const line of text.split("\n")) {
    if (line === "# end of block") {
      const block = open.pop();
      if (block === undefined) throw new Error("a block of rules ends that did not begin");
      resolve(block);
      continue;
    }
    if (line === "# redirect") {
      for (const skip of toRedirect.splice(0)) resolve(skip);
      continue;
    }
    if (line.startsWith("RewriteRule ")) rules++;
    if (line.includes("S=block")) open.push({ line: lines.length, rule: rules });
    if (line.includes("S=redirect")) toRedirect.push({ line: lines.length, rule: rules });
    lines.push(line);
  }
  if (open.length + toRedirect.length > 0) throw new Error("a block of rules has no end");
  return lines.join("\n");
}

/** A rule that leaves out others: its line, and how many rules there are up to it. */
interface Skip {
  readonly line: number;
  readonly rule: number;
}
