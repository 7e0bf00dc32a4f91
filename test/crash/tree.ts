import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";

/** What lies on disk below a folder: for each name its kind, mode and content. */
export type DiskTree = ReadonlyMap<string, string>;

/** What has to be the same after an interrupted run and the one that followed it as after one that nothing interrupted. */
export interface DiskState {
  /** public/ and rules/, without the file that tells of every attempt. */
  readonly site: DiskTree;
  /** Logs, plain distributions, promised places. */
  readonly history: DiskTree;
  /** Objects and records: there may be more of them than are needed. */
  readonly pool: DiskTree;
  /** Everything else in the state: nothing should be left over. */
  readonly rest: readonly string[];
}

export function readDiskState(dir: string): DiskState {
  const state = treeOf(path.join(dir, "state"));
  const below = (...folders: readonly string[]): DiskTree =>
    new Map([...state].filter(([name]) => folders.some((folder) => name === folder || name.startsWith(`${folder}/`))));
  const site = new Map([...treeOf(path.join(dir, "public"), "public"), ...treeOf(path.join(dir, "rules"), "rules")]);
  site.delete("public/status.json");
  const rest = new Set([...state.keys()].filter((name) => !/^(objects|trees|repositories|plain|cache)\//.test(name)));
  return {
    site,
    history: below("repositories", "plain", "places.json"),
    pool: below("objects", "trees"),
    rest: [...rest].toSorted(),
  };
}

/** Where two states differ. */
export function differences(got: DiskState, wanted: DiskState): readonly string[] {
  return [
    ...between(got.site, wanted.site),
    ...between(got.history, wanted.history),
    ...[...wanted.pool].flatMap(([name, what]) =>
      got.pool.get(name) === what ? [] : [`state/${name}: ${got.pool.get(name) ?? "missing"}, not ${what}`],
    ),
    ...(got.rest.join() === wanted.rest.join()
      ? []
      : [`state/ holds ${got.rest.join(" ")}; not ${wanted.rest.join(" ")}`]),
  ];
}

function between(got: DiskTree, wanted: DiskTree): readonly string[] {
  const names = new Set([...got.keys(), ...wanted.keys()]);
  return [...names].flatMap((name) => {
    const [a, b] = [got.get(name) ?? "missing", wanted.get(name) ?? "missing"];
    return a === b ? [] : [`${name}: ${a}, not ${b}`];
  });
}

function treeOf(root: string, prefix = ""): DiskTree {
  const tree = new Map<string, string>();
  if (!existsSync(root)) return tree;
  for (const inside of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    const name = path.join(prefix, inside);
    tree.set(name, describe(path.join(root, inside)));
  }
  return tree;
}

function describe(file: string): string {
  const stat = lstatSync(file);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(file)}`;
  if (stat.isDirectory()) return `folder ${mode}`;
  const bytes = readFileSync(file);
  // What is ours to write is shown, because a digest tells nobody what is wrong.
  if (file.endsWith(".json") && bytes.length < 2000) return `file ${mode} ${bytes.toString("utf8").trim()}`;
  return `file ${mode} ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

/** Names and digests of pool objects whose bytes are not what their names say. */
export function damagedObjects(dir: string): readonly string[] {
  const objects = path.join(dir, "state", "objects");
  if (!existsSync(objects)) return [];
  return readdirSync(objects, { recursive: true, encoding: "utf8" }).filter((name) => {
    const file = path.join(objects, name);
    if (!statSync(file).isFile()) return false;
    return createHash("sha256").update(readFileSync(file)).digest("hex") !== path.basename(name);
  });
}
