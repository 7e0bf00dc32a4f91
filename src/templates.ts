import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { Eta } from "eta";

import { Failure } from "./failure.ts";
import { packageRoot } from "./package-root.ts";

/** The eta templates of one output language. */
export interface Templates {
  /** Renders `templates/NAME.eta`, or the user's file of that name. Synchronous, without side effects. */
  render(name: string, view: object): string;
  /** The text of a file that is no template: a stylesheet, a script. */
  text(name: string): string;
  /** Names of the built-in files of a sub-folder, sorted; none where there is no such folder. */
  names(folder: string): readonly string[];
  /** SHA-256 over every template and text file that could be rendered. */
  readonly fingerprint: string;
}

/** The folder of built-in templates. */
export const builtInTemplates: string = path.join(packageRoot, "templates");

/**
 * Opens the built-in templates below `folder` (a sub-folder of templates/), each replaced by a file of the same name in `overrides` when there is one.
 *
 * `escape` is the output language's own: it is applied to every `<%= %>`. An undefined or null value is a bug of ours and throws, because eta would print the word.
 * Templates are programs: a user's own run with the user's rights.
 */
export function openTemplates(options: {
  readonly folder: string;
  readonly escape: (text: string) => string;
  readonly overrides?: string | undefined;
}): Templates {
  const builtIn = path.join(builtInTemplates, options.folder);
  const locate = (name: string): string => {
    const own = options.overrides === undefined ? undefined : path.join(options.overrides, name);
    return own !== undefined && existsSync(own) ? own : path.join(builtIn, name);
  };
  const eta = new OverridableEta(
    {
      views: builtIn,
      cache: true,
      debug: true,
      autoTrim: false,
      escapeFunction: (value: unknown) => options.escape(printable(value)),
    },
    locate,
  );
  return {
    render: (name, view) => {
      try {
        return eta.render(`./${name}`, view);
      } catch (error) {
        throw asTemplateFailure(error, options.overrides, locate(`${name}.eta`));
      }
    },
    text: (name) => readFileSync(locate(name), "utf8"),
    names: (folder) => namesIn(path.join(builtIn, folder)),
    fingerprint: fingerprintOf(builtIn, locate),
  };
}

class OverridableEta extends Eta {
  private readonly locate: (name: string) => string;

  constructor(config: ConstructorParameters<typeof Eta>[0], locate: (name: string) => string) {
    super(config);
    this.locate = locate;
  }

  /** Every name is taken from the root of the folder, so that a user's file can replace a partial too. */
  override resolvePath = (template: string): string => this.locate(`${template.replace(/^(?:\.?\/)+/, "")}.eta`);
}

/** What a template of the user's brought about is no bug of ours. */
function asTemplateFailure(error: unknown, overrides: string | undefined, file: string): unknown {
  if (overrides === undefined || !(error instanceof Error)) return error;
  // What a template throws while it runs keeps its name, and gets file and line before its message.
  if (!error.name.startsWith("Eta") && !error.message.startsWith(overrides)) return error;
  // After the row of signs comes what eta made of the whole template.
  const [reason = ""] = error.message.split("\n====");
  return new Failure("CONFIG", `the template ${file} cannot be rendered: ${error.name}`, {
    cause: error,
    details: reason.split("\n").filter((line) => line.trim() !== ""),
    hint: "mend the template; the site is as it was",
  });
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

function printable(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new TypeError(
    `a template printed ${value === null ? "null" : typeof value}; it may print text and numbers only`,
  );
}

function fingerprintOf(builtIn: string, locate: (name: string) => string): string {
  const hash = createHash("sha256");
  const names = readdirSync(builtIn, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => path.relative(builtIn, path.join(file.parentPath, file.name)))
    .toSorted();
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(locate(name)))
      .update("\0");
  return hash.digest("hex");
}
