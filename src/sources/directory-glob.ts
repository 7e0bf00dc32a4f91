import { lstat } from "node:fs";
import type { Stats } from "node:fs";

import { Failure } from "../failure.ts";
import type { DirectoryTree, TreeEntry } from "./directory-tree.ts";

/**
 * The entries of `tree` that the patterns select. What lies outside every include pattern, or in an excluded directory, is not even read.
 *
 * Patterns are fast-glob's, relative to the root, case-sensitive, dotfiles included; they match names as the tree shows them (what a followed link
 * shows has the link's name). A pattern without wildcards that names a directory means everything in it; an excluded directory excludes what it holds. A
 * pattern that matches nothing selects nothing. What cannot be published is returned when a pattern matches it or leads into it. Throws a Failure CONFIG for a
 * pattern that is absolute, negated or leads upwards.
 */
export async function selectEntries(
  tree: Pick<DirectoryTree, "root" | "read" | "find">,
  { include, exclude }: { readonly include: readonly string[]; readonly exclude: readonly string[] },
  signal: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const view = globView(tree, signal);
  // Loaded here and not at the start: no other source needs it.
  const { default: fastGlob } = await import("fast-glob");
  const isDynamic = (pattern: string): boolean => fastGlob.isDynamicPattern(pattern);
  const matches = await fastGlob.async(
    include.flatMap((written) => includePatterns(written, isDynamic)),
    {
      ignore: exclude.flatMap(excludePatterns),
      cwd: virtualRoot,
      dot: true,
      followSymbolicLinks: false,
      onlyFiles: false,
      unique: true,
      fs: view.fileSystem,
    },
  );
  return [...new Set([...matches.flatMap((path) => view.entriesShownAs(path)), ...view.met])];
}

// fast-glob sees only the tree, under a root that needs no name of its own: it would follow links out of the source and around in circles.
const virtualRoot = "/source";

function includePatterns(written: string, isDynamic: (pattern: string) => boolean): string[] {
  const pattern = checkPattern(written);
  if (!isDynamic(pattern)) return [pattern, `${pattern}/**`];
  // fast-glob would look for a directory whose name is "?" when nothing but "?" follows plain segments (`pool/?/x.deb`); a class of one character ends those segments earlier.
  return [pattern.replace(/^([^*?[\]{}()!+@\\A-Za-z0-9]*)([A-Za-z0-9])(?=[^*?[\]{}()!+@\\]*\?)/, "$1[$2]")];
}

function excludePatterns(written: string): string[] {
  const pattern = checkPattern(written);
  // fast-glob leaves out an excluded directory only when it comes from above, not when an include pattern begins inside it; and it reads it all the same when `x*/**` is the pattern, which
  // does not match `x1` itself, while `@(x*)/**` does.
  return [pattern, `${pattern.replace(/(^|\/)([^/{}()[\]\\]*\*)$/, "$1@($2)")}/**`];
}

/** The pattern without a leading `./` and a trailing slash. */
function checkPattern(written: string): string {
  const pattern = written.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  const problem = patternProblem(pattern);
  if (problem === undefined) return pattern;
  throw new Failure("CONFIG", `The pattern ${JSON.stringify(written)} ${problem}.`);
}

function patternProblem(pattern: string): string | undefined {
  if (pattern === "" || pattern === ".") return 'names nothing ("**" is everything)';
  if (pattern.startsWith("!")) return 'begins with "!": what to leave out stands under exclude';
  if (pattern.startsWith("/")) return "is absolute: patterns are relative to the source";
  if (/(?:^|[/{,])\.\.(?:$|[/},])/.test(pattern)) return 'has a segment ".."';
  return undefined;
}

interface GlobView {
  readonly fileSystem: GlobFileSystem;
  /** What cannot be published and stood in the way of a pattern. */
  readonly met: ReadonlySet<TreeEntry>;
  entriesShownAs(path: string): readonly TreeEntry[];
}

/**
 * The part of `node:fs` that fast-glob uses, answered from the tree: it never meets a symbolic link, and of all errors it swallows only that a name is missing,
 * which the tree says by itself.
 */
function globView(tree: Parameters<typeof selectEntries>[0], signal: AbortSignal): GlobView {
  const met = new Set<TreeEntry>();
  // Names that are shown otherwise than they are: they can meet under one.
  const disguised = new Map<string, TreeEntry[]>();

  function find(path: string): TreeEntry | undefined {
    if (path === "") return tree.root;
    const entry = tree.find(path);
    if (entry !== undefined && entry.kind !== "directory" && entry.kind !== "file") met.add(entry);
    return entry;
  }

  function list(path: string): GlobDirent[] {
    signal.throwIfAborted();
    const directory = find(insideOf(path));
    return directory?.kind === "directory" ? tree.read(directory).map(show) : [];
  }

  function show(entry: TreeEntry): GlobDirent {
    const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
    const shown = name.replace(lineBreak, "\uFFFD");
    if (shown !== name) {
      const path = entry.path.slice(0, -name.length) + shown;
      disguised.set(path, [...(disguised.get(path) ?? []), entry]);
    }
    const isDirectory = entry.kind === "directory" || (entry.kind !== "file" && entry.isDirectory);
    return direntNamed(shown, isDirectory);
  }

  function entriesShownAs(path: string): readonly TreeEntry[] {
    const entry = tree.find(path);
    return [...(disguised.get(path) ?? []), ...(entry === undefined ? [] : [entry])];
  }

  // Only for patterns without wildcards. What the tree does not have is not there, whatever the disk says.
  function stat(path: string, callback: Callback<Stats>): void {
    const entry = find(insideOf(path));
    const missing = entry === undefined ? Object.assign(new Error(`no ${path}`), { code: "ENOENT" }) : null;
    lstat(entry?.real ?? tree.root.real, (error, stats) => callback(missing ?? error, stats));
  }

  function readdir(path: string, options: { withFileTypes: true }, callback: Callback<GlobDirent[]>): void;
  function readdir(path: string, callback: Callback<string[]>): void;
  function readdir(
    path: string,
    ...rest: [options: { withFileTypes: true }, callback: Callback<GlobDirent[]>] | [callback: Callback<string[]>]
  ): void {
    // Each directory in a turn of the event loop of its own: a large tree neither blocks the loop nor grows the stack.
    setImmediate(() => {
      if (rest.length === 2) answer(() => list(path), rest[1]);
      else answer(() => list(path).map(({ name }) => name), rest[0]);
    });
  }

  return { fileSystem: { lstat: stat, stat, readdir }, met, entriesShownAs };
}

// The dot of a regular expression matches none of these, so `**` would leave such a name out in silence.
const lineBreak = /[\n\r\u2028\u2029]/g;

function insideOf(path: string): string {
  return path.slice(virtualRoot.length + 1);
}

interface GlobDirent {
  readonly isBlockDevice: () => boolean;
  readonly isCharacterDevice: () => boolean;
  readonly isDirectory: () => boolean;
  readonly isFIFO: () => boolean;
  readonly isFile: () => boolean;
  readonly isSocket: () => boolean;
  readonly isSymbolicLink: () => boolean;
  name: string;
}

function direntNamed(name: string, isDirectory: boolean): GlobDirent {
  return {
    name,
    isDirectory: () => isDirectory,
    isFile: () => !isDirectory,
    isBlockDevice: no,
    isCharacterDevice: no,
    isFIFO: no,
    isSocket: no,
    isSymbolicLink: no,
  };
}

function no(): boolean {
  return false;
}

type Callback<Result> = (error: NodeJS.ErrnoException | null, result: Result) => void;

interface GlobFileSystem {
  lstat(path: string, callback: Callback<Stats>): void;
  stat(path: string, callback: Callback<Stats>): void;
  readdir(path: string, options: { withFileTypes: true }, callback: Callback<GlobDirent[]>): void;
  readdir(path: string, callback: Callback<string[]>): void;
}

function answer<Item>(work: () => Item[], callback: Callback<Item[]>): void {
  let items: Item[];
  try {
    items = work();
  } catch (error) {
    callback(error instanceof Error ? error : new Error("The walk was stopped", { cause: error }), []);
    return;
  }
  callback(null, items);
}
