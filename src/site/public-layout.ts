import path from "node:path";

import type { BasePath } from "../model/base-path.ts";
import type { Digest } from "../model/digest.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** The one place that knows where things lie below the document root. */
export interface PublicLayout {
  readonly root: string;
  readonly assets: string;
  base(base: BasePath): string;
  checkpoint(base: BasePath, at: Timestamp): string;
  /** Everything about one checkpoint that is no content of it. */
  beside(base: BasePath, at: Timestamp): string;
  /** The repository's log in pieces of a fixed number of lines. */
  log(base: BasePath): string;
  /** Records of directories, by their digest: what ties the root of each checkpoint to its files. */
  records(base: BasePath): string;
  record(base: BasePath, tree: Digest): string;
  /** Since when each path is as it is. */
  history(base: BasePath): string;
  /** Ready lines for clients. */
  kit(base: BasePath): string;
  /** The page that compares any two checkpoints. */
  compare(base: BasePath): string;
  /** The page of each year's checkpoints. */
  years(base: BasePath): string;
  gonePage(base: BasePath, from: Timestamp): string;
  goneFolder(base: BasePath): string;
  /** TimeMaps of years. */
  timeMapFolder(base: BasePath): string;
  /** A directory that every checkpoint with this very directory shares. */
  shared(tree: Digest): string;
  /** Where all of them are. */
  readonly sharedFolder: string;
  /** Where the `serial`-th state of the plain distribution at a base path is kept in the shared layout; the base path is a symlink to it. */
  plain(base: BasePath, serial: number): string;
  plainFolder(base: BasePath): string;
}

export function publicLayout(root: string): PublicLayout {
  const below = (...parts: readonly string[]): string => path.join(root, ...parts);
  const plainFolder = (base: BasePath): string => below("_asof", "p", base.replaceAll("/", "+"));
  const shared = below("_asof", "d");
  return {
    root,
    assets: below("_asof", "assets"),
    base: (base) => below(base),
    checkpoint: (base, at) => below(base, at),
    beside: (base, at) => below(base, "_asof", at),
    log: (base) => below(base, "_asof", "log"),
    records: (base) => below(base, "_asof", "tree"),
    record: (base, tree) => `${root}/${base}/_asof/tree/${tree.slice(0, 2)}/${tree}`,
    history: (base) => below(base, "_asof", "history"),
    kit: (base) => below(base, "kit"),
    compare: (base) => below(base, "_asof", "compare"),
    years: (base) => below(base, "years"),
    goneFolder: (base) => below(base, "_asof", "gone"),
    timeMapFolder: (base) => below(base, "_asof", "timemap"),
    gonePage: (base, from) => below(base, "_asof", "gone", `${from}.html`),
    sharedFolder: shared,
    shared: (tree) => `${shared}/${tree.slice(0, 2)}/${tree.slice(2, 32)}`,
    plainFolder,
    plain: (base, serial) => path.join(plainFolder(base), String(serial)),
  };
}

/**
 * The text of the symlink at `link` that leads to `target`, both absolute: always relative, so that public/ can be moved and copied. Below 60 bytes, ext4 and XFS keep it in the
 * inode and it costs no block.
 */
export function relativeTarget(link: string, target: string): string {
  return path.relative(path.dirname(link), target);
}
