import { leastKey, shardKey } from "./history-shards.ts";

/** Which paths somebody looks for: one, or those whose names begin so, in one folder or in any. */
export type HistoryQuery =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "prefix"; readonly name: string; readonly folder: string | undefined };

/** What somebody typed: a path, and the beginnings of a name in its place: `pool/libs` means `libssl3.deb` in pool, `libs` means it anywhere. */
export function historyQueries(text: string): { readonly path: HistoryQuery; readonly prefix: HistoryQuery } {
  const slash = text.lastIndexOf("/");
  const folder = slash < 0 ? undefined : text.slice(0, slash);
  return {
    path: { kind: "path", path: text },
    prefix: { kind: "prefix", name: text.slice(slash + 1), folder },
  };
}

/** Those of the names in an index, which are in order, that may hold what is looked for, in order. */
export function namesFor(names: readonly string[], query: HistoryQuery): readonly string[] {
  const beginning = beginningOf(query);
  const least = names.map((name) => leastKey(name));
  const first = least.findLastIndex((key) => key <= beginning);
  const after = least.findIndex((key) => key > beginning && !key.startsWith(beginning));
  // Of a whole key there is one place; none begins with another.
  const until = query.kind === "path" ? first + 1 : after < 0 ? names.length : after;
  return names.slice(Math.max(first, 0), until);
}

/** Whether a shard of several parts may hold what is looked for: it is of one key, or of keys that begin alike for longer than a file name can tell, and its name is how they begin. */
export function isInParts(name: string, query: HistoryQuery): boolean {
  const [least, beginning] = [leastKey(name), beginningOf(query)];
  return least.startsWith(beginning) || beginning.startsWith(least);
}

/** Whether a path is looked for. */
export function isMeant(path: string, query: HistoryQuery): boolean {
  if (query.kind === "path") return path === query.path;
  const inFolder = query.folder === undefined || path.slice(0, Math.max(path.lastIndexOf("/"), 0)) === query.folder;
  return inFolder && shardKey(path).startsWith(beginningOf(query));
}

/** How all keys begin that are looked for. */
function beginningOf(query: HistoryQuery): string {
  return query.kind === "path" ? shardKey(query.path) : shardKey(query.name).slice(0, -"///".length);
}
