/** Which paths of a repository some patterns mean. */
export interface PathSelection {
  /** Whether the file of that path is meant. */
  has(path: string): boolean;
  /** Whether anything below that directory could be. */
  reaches(directory: string): boolean;
}

/**
 * The paths that any of `patterns` means, which are written as those under `include`: `*`, `?`, `[a-z]`, `[!a-z]` and `{a,b}` inside a name, `**` for any number of directories, a backslash before what is to be taken
 * as it is. One without any of these that names a directory means everything in it. Throws RangeError, with a clause about it, for what is no pattern.
 */
export function selectPaths(patterns: readonly string[]): PathSelection {
  const all = patterns.flatMap((written) => expandBraces(trimmed(written)).flatMap(withEverythingIn)).map(compile);
  return {
    has: (path) => all.some((pattern) => statesAfter(pattern, path).has(pattern.length)),
    reaches: (directory) =>
      directory === "" ||
      all.some((pattern) => [...statesAfter(pattern, directory)].some((state) => state < pattern.length)),
  };
}

/** One segment of a pattern: any number of directories, or what one name must match. */
type Segment = "**" | RegExp;

/** How many segments of the pattern can be behind one after the whole of `path` was read. */
function statesAfter(pattern: readonly Segment[], path: string): ReadonlySet<number> {
  let states = skippingStars(pattern, [0]);
  for (const name of path.split("/")) {
    const next: number[] = [];
    for (const state of states) {
      const segment = pattern[state];
      if (segment === "**") next.push(state);
      else if (segment?.test(name) === true) next.push(state + 1);
    }
    states = skippingStars(pattern, next);
  }
  return states;
}

/** `**` may stand for no directory at all. */
function skippingStars(pattern: readonly Segment[], states: readonly number[]): ReadonlySet<number> {
  const all = new Set<number>();
  for (let state of states) {
    all.add(state);
    while (pattern[state] === "**") all.add(++state);
  }
  return all;
}

function trimmed(written: string): string {
  const pattern = written.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  const segments = pattern.split("/");
  if (pattern === "" || pattern === ".") throw new RangeError('names nothing ("**" is everything)');
  if (pattern.startsWith("!")) throw new RangeError('begins with "!", which leaves nothing out here');
  if (pattern.startsWith("/")) throw new RangeError("is absolute: patterns are relative to the repository");
  if (segments.some((segment) => segment === "" || segment === "." || segment === ".."))
    throw new RangeError("has an empty segment, or one that is . or ..");
  return pattern;
}

const mostExpanded = 1000;

/** `a{b,c}d` into `abd` and `acd`; braces without a comma are ordinary characters. */
function expandBraces(pattern: string): readonly string[] {
  const done: string[] = [];
  const waiting = [pattern];
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const braces = firstBraces(text);
    if (braces === undefined) done.push(text);
    else for (const part of braces.parts) waiting.push(braces.before + part + braces.after);
    if (done.length + waiting.length > mostExpanded) throw new RangeError("stands for more than 1000 patterns");
  }
  return done;
}

interface Braces {
  readonly before: string;
  readonly parts: readonly string[];
  readonly after: string;
}

function firstBraces(text: string): Braces | undefined {
  for (let start = 0; start < text.length; start++) {
    if (text[start] === "\\") start += 1;
    else if (text[start] === "{") {
      const braces = bracesAt(text, start);
      if (braces !== undefined) return braces;
    }
  }
  return undefined;
}

function bracesAt(text: string, start: number): Braces | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index += 1;
    else if (character === "{") depth += 1;
    else if (character === "," && depth === 1) {
      parts.push(text.slice(from, index));
      from = index + 1;
    } else if (character === "}" && --depth === 0) {
      if (parts.length === 0) return undefined;
      return { before: text.slice(0, start), parts: [...parts, text.slice(from, index)], after: text.slice(index + 1) };
    }
  }
  return undefined;
}

/** A name without wildcards may be a directory's. */
function withEverythingIn(pattern: string): readonly string[] {
  return /(?<!\\)(?:\\\\)*[*?[]/.test(pattern) ? [pattern] : [`${pattern}/**`];
}

function compile(pattern: string): readonly Segment[] {
  return pattern.split("/").map((segment) => (segment === "**" ? segment : nameExpression(segment)));
}

function nameExpression(segment: string): RegExp {
  let source = "";
  for (let index = 0; index < segment.length; index++) {
    const character = segment[index] ?? "";
    if (character === "*") source += source.endsWith(".*") && segment[index - 1] === "*" ? "" : ".*";
    else if (character === "?") source += ".";
    else if (character === "\\") source += escaped(segment[++index] ?? "\\");
    else {
      const set = character === "[" ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(segment.slice(index)) : null;
      if (set === null || set[2] === "") source += escaped(character);
      else {
        source += `[${set[1] === "" ? "" : "^"}${(set[2] ?? "").replaceAll(/[\\\][^]/g, "\\$&")}]`;
        index += set[0].length - 1;
      }
    }
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    throw new RangeError(`has a range that is none in ${JSON.stringify(segment)}`);
  }
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}
