import { isAddress, isPrintable, kitText } from "./printable.ts";
import type { Address, Printable } from "./printable.ts";

/** A Debian archive in a plain distribution of this site, and where its past is. */
export interface AptArchivePlace {
  readonly basePath: string;
  /** Where in the repository the archive is, "" for its root. */
  readonly directory: string;
  /** Base path of the checkpoints; undefined when they are not served. */
  readonly checkpoints: string | undefined;
}

/** What apt makes the address of a snapshot of: `@PATH@`, the path of the live source, stands between two fixed parts, or nowhere. */
export type SnapshotServer =
  | { readonly kind: "by-path"; readonly before: Address; readonly behind: readonly Printable[] }
  | { readonly kind: "constant"; readonly checkpoints: Address; readonly directory: readonly Printable[] };

/**
 * The one value that `Acquire::Snapshots::URI::Host` can have for this host, which apt then uses for every source on it: right for each archive of the site that has a past, and an address
 * where nothing is for those that have none. Undefined when there is no such value.
 *
 * apt puts the time in place of `@SNAPSHOTID@`, then the path of the live source, without slashes at its ends, in place of `@PATH@`, and appends `dists/…` as it is (debmetaindex.cc): the value
 * ends in a slash.
 */
export function snapshotServer(site: Address, places: readonly AptArchivePlace[]): SnapshotServer | undefined {
  const { origin, pathname } = new URL(site);
  const mount = pathname.slice(1);
  const pairs = places.flatMap(({ basePath, directory, checkpoints }) =>
    checkpoints === undefined ? [] : [{ live: mount + basePath, past: mount + checkpoints, directory }],
  );
  const [first, ...others] = pairs;
  if (first === undefined) return undefined;
  if (pairs.every(({ directory }) => directory === "")) {
    for (const { before, behind } of waysAround(first.live, first.past)) {
      const isRight = others.every(({ live, past }) => before + live + behind === past);
      const isPlain = isWhole(before, behind) || others.length > 0;
      const address = `${origin}/${before}`;
      if (!isRight || !isPlain || !isAddress(address)) continue;
      if (behind === "") return { kind: "by-path", before: address, behind: [] };
      if (isPrintable(behind)) return { kind: "by-path", before: address, behind: [behind] };
    }
  }
  const checkpoints = `${origin}/${first.past}/`;
  if (places.length > 1 || !isAddress(checkpoints)) return undefined;
  if (first.directory === "") return { kind: "constant", checkpoints, directory: [] };
  return isPrintable(first.directory) ? { kind: "constant", checkpoints, directory: [first.directory] } : undefined;
}

/** The value as apt's configuration has it, between its quotes. */
export function snapshotServerValue(server: SnapshotServer): string {
  if (server.kind === "by-path") return kitText`${server.before}@PATH@${server.behind}/@SNAPSHOTID@/`;
  const { checkpoints, directory } = server;
  return kitText`${checkpoints}@SNAPSHOTID@/` + directory.map((name) => kitText`${name}/`).join("");
}

/** The two texts around each place in `past` where `live` stands. */
function waysAround(live: string, past: string): readonly { readonly before: string; readonly behind: string }[] {
  const ways: { before: string; behind: string }[] = [];
  for (let at = past.indexOf(live); at >= 0; at = past.indexOf(live, at + 1)) {
    ways.push({ before: past.slice(0, at), behind: past.slice(at + live.length) });
  }
  return ways;
}

/** Whether what stands between is whole path segments. Of a single archive anything else would be chance. */
function isWhole(before: string, behind: string): boolean {
  return (before === "" || before.endsWith("/")) && (behind === "" || behind.startsWith("/"));
}
