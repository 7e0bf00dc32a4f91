import type { Digest } from "../model/digest.ts";
import type { AptSuite, PacmanDatabase, RepositoryKind } from "../model/repository-kind.ts";
import type { Tree } from "../model/tree.ts";
import { readReleaseHead } from "./deb/release.ts";

/** What recognizing a repository reads. */
export interface RepositoryReader {
  tree(digest: Digest): Tree;
  /** The first `releaseHeadBytes` bytes of a file; asked of Release files alone. */
  head(digest: Digest): string;
}

/** Raised whenever equal trees may get another answer than before: answers are remembered. */
export const recognitionVersion = 1;

/** So many directories are looked at, however large the tree: the answer is part of a page that every run computes. */
const mostDirectories = 250;
const mostSuites = 30;
/** Mirrors keep repositories as deep as `BaseOS/x86_64/os`. */
const deepestRepository = 4;
/** One project is enough to recognize an index of them; the first few may be something else. */
const mostProjects = 5;

/**
 * Tells by the names in its directories which package managers can read a version. Looks at directories nearest to the root first and at a bounded number of them; equal trees give equal
 * answers.
 */
export function recognizeRepository(root: Digest, reader: RepositoryReader): RepositoryKind {
  const found = {
    apt: new Array<AptSuite>(),
    rpm: new Array<string>(),
    pacman: new Array<PacmanDatabase>(),
    python: new Array<string>(),
    npm: new Set<string>(),
  };
  const search = limitedSearch(reader);
  const queue: Place[] = [{ path: "", tree: root, depth: 0 }];
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    const directory = search.open(place.tree);
    if (directory === undefined) break;
    const { path } = place;
    const suites = suitesOf(directory, path, search);
    found.apt.push(...suites);
    found.pacman.push(...databasesIn(directory).map((name) => ({ directory: path, name })));
    const isIndex = isSimpleIndex(directory, path, search);
    if (isIndex) found.python.push(path);
    if (isNpmPackage(directory, path, search)) found.npm.add(parentOf(path));
    const isRpm = hasRepomd(directory, search);
    if (isRpm) found.rpm.push(path);
    if (isIndex || isRpm || place.depth === deepestRepository) continue;
    for (const [name, tree] of directory.directories) {
      // The packages of an archive, and what its suites were read from.
      if (suites.length > 0 && (name === "pool" || name === "dists")) continue;
      queue.push({ path: join(path, name), tree, depth: place.depth + 1 });
    }
  }
  return { ...found, npm: [...found.npm], complete: search.isComplete() };
}

interface Place {
  readonly path: string;
  readonly tree: Digest;
  readonly depth: number;
}

/** Nodes of a record by name, in its order. */
interface Directory {
  readonly files: ReadonlyMap<string, Digest>;
  readonly directories: ReadonlyMap<string, Digest>;
}

interface Search extends Pick<RepositoryReader, "head"> {
  /** Undefined when enough was looked at. */
  open(tree: Digest): Directory | undefined;
  /** The first `most` of what there is to look at. */
  first<Item>(items: Iterable<Item>, most: number): readonly Item[];
  isComplete(): boolean;
}

function limitedSearch(reader: RepositoryReader): Search {
  const opened = new Map<Digest, Directory>();
  let complete = true;
  return {
    head: (digest) => reader.head(digest),
    open(tree) {
      const known = opened.get(tree);
      if (known !== undefined) return known;
      if (opened.size === mostDirectories) {
        complete = false;
        return undefined;
      }
      const files = new Map<string, Digest>();
      const directories = new Map<string, Digest>();
      for (const node of reader.tree(tree).nodes) {
        if (node.kind === "file") files.set(node.name, node.digest);
        else directories.set(node.name, node.tree);
      }
      const directory = { files, directories };
      opened.set(tree, directory);
      return directory;
    },
    first(items, most) {
      const all = [...items];
      if (all.length > most) complete = false;
      return all.slice(0, most);
    },
    isComplete: () => complete,
  };
}

function suitesOf(directory: Directory, path: string, search: Search): readonly AptSuite[] {
  const dists = directory.directories.get("dists");
  const below = dists === undefined ? undefined : search.open(dists);
  if (below !== undefined) return search.first(suitesBelow(below, path, "", search), mostSuites);
  const hasPackages = [...directory.files.keys()].some((name) => /^Packages(?:\.(?:gz|xz|bz2|zst|lzma))?$/.test(name));
  const release = hasPackages ? releaseIn(directory) : undefined;
  if (release === undefined) return [];
  const head = readReleaseHead(search.head(release));
  return [{ directory: path, name: "/", components: [], architectures: [], ...head }];
}

/** A suite is a directory with a Release file; its name may have two parts, as `stretch/updates`. */
function suitesBelow(dists: Directory, archive: string, prefix: string, search: Search): readonly AptSuite[] {
  return search.first(dists.directories, mostSuites).flatMap(([name, tree]) => {
    const suite = search.open(tree);
    const release = suite === undefined ? undefined : releaseIn(suite);
    if (suite === undefined) return [];
    if (release === undefined) return prefix === "" ? suitesBelow(suite, archive, `${name}/`, search) : [];
    const components = componentsOf(suite, "", search);
    if (components.length === 0) return [];
    return [
      {
        directory: archive,
        name: prefix + name,
        components: components.map((component) => component.name),
        architectures: [...new Set(components.flatMap(({ architectures }) => architectures))].toSorted(),
        ...readReleaseHead(search.head(release)),
      },
    ];
  });
}

function releaseIn({ files }: Directory): Digest | undefined {
  return files.get("InRelease") ?? files.get("Release");
}

/** A component is a directory with one for an architecture in it; its name may have two parts, as `updates/main`. */
function componentsOf(
  suite: Directory,
  prefix: string,
  search: Search,
): readonly { readonly name: string; readonly architectures: readonly string[] }[] {
  return [...suite.directories].flatMap(([name, tree]) => {
    if (beside.has(name)) return [];
    const component = search.open(tree);
    if (component === undefined) return [];
    const architectures = [...component.directories.keys()].flatMap((one) => /^binary-(.+)$/.exec(one)?.[1] ?? []);
    if (architectures.length > 0) return [{ name: prefix + name, architectures }];
    return prefix === "" ? componentsOf(component, `${name}/`, search) : [];
  });
}

/** What a suite holds that is no component. */
const beside: ReadonlySet<string> = new Set(["by-hash", "dep11", "i18n", "source", "installer"]);

function hasRepomd({ directories }: Directory, search: Search): boolean {
  const repodata = directories.get("repodata");
  return repodata !== undefined && search.open(repodata)?.files.has("repomd.xml") === true;
}

function databasesIn({ files }: Directory): readonly string[] {
  return [...files.keys()].flatMap((file) => {
    const name = file.endsWith(".db") ? file.slice(0, -".db".length) : "";
    const isDatabase = name !== "" && archives.some((archive) => files.has(`${file}.tar.${archive}`));
    return isDatabase ? [name] : [];
  });
}

/** What `repo-add` compresses a database with. */
const archives = ["gz", "xz", "zst", "bz2", "lz4", "lzo", "lrz", "Z"] as const;

/** A directory `simple` of projects, each with a page or with its files: the listing that is generated there links to them as a page would. */
function isSimpleIndex({ directories }: Directory, path: string, search: Search): boolean {
  if (path !== "simple" && !path.endsWith("/simple")) return false;
  return [...directories.values()].slice(0, mostProjects).some((tree) => {
    const names = [...(search.open(tree)?.files.keys() ?? [])];
    return names.some((name) => name === "index.html" || /\.(?:whl|tar\.gz|zip)$/.test(name));
  });
}

/**
 * `<name>/index.html`, the package document, beside `<name>/-/<name>-<version>.tgz`: the one layout in which plain files answer npm, which asks for `<name>` and follows the redirect to its
 * directory. It asks for scoped packages with an encoded slash, which not every server takes for a directory: they prove nothing.
 */
function isNpmPackage({ files, directories }: Directory, path: string, search: Search): boolean {
  const tarballs = directories.get("-");
  if (path === "" || /(?:^|\/)@[^/]*\/[^/]*$/.test(path)) return false;
  if (tarballs === undefined || !files.has("index.html")) return false;
  return [...(search.open(tarballs)?.files.keys() ?? [])].some((name) => name.endsWith(".tgz"));
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
