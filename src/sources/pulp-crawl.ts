import type { ListedName } from "../formats/pulp/listing.ts";
import { Failure } from "../failure.ts";
import { compareNames } from "../model/compare-names.ts";
import { parseRelativePath, relativePathProblem } from "../model/relative-path.ts";
import type { RelativePath } from "../model/relative-path.ts";
import { shownSafely } from "../model/shown-safely.ts";
import { shownUrl } from "./manifest-location.ts";
import { readListing } from "./pulp-listing.ts";
import type { PulpReading } from "./pulp-listing.ts";
import { directoryUrl } from "./pulp-location.ts";

/** A file that listings show. */
export interface CrawledFile extends Pick<ListedName, "date" | "size"> {
  readonly path: RelativePath;
}

/** A server that makes directories up as it is asked would send us down for ever. */
const mostDirectories = 200_000;
const mostFiles = 5_000_000;

/** Every file below `root`, sorted by path, from the listings of all its directories; that of the root is known. One name that may not be a path refuses the whole. */
export async function crawl(
  root: URL,
  listed: readonly ListedName[],
  reading: PulpReading,
): Promise<readonly CrawledFile[]> {
  const files: CrawledFile[] = [];
  const waiting: RelativePath[] = [];
  let directories = 0;

  function take(prefix: string, names: readonly ListedName[]): void {
    for (const { name, isDirectory, date, size } of names) {
      const path = pathOf(root, prefix, name);
      if (isDirectory) waiting.push(path);
      else files.push({ path, date, size });
    }
    directories += 1;
    if (directories + waiting.length > mostDirectories || files.length > mostFiles) {
      throw new Failure("SOURCE_BAD_DATA", `${shownUrl(root)} has more files than anything should have`);
    }
  }

  async function work(): Promise<void> {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { names } = await readListing(directoryUrl(root, ...next.split("/")), reading);
      take(`${next}/`, names);
    }
  }

  take("", listed);
  // Whoever finds nothing to do may be too early: the directories below are not known yet.
  while (waiting.length > 0) {
    const count = Math.min(reading.fetch.concurrency, waiting.length);
    const ended = await Promise.allSettled(Array.from({ length: count }, work));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
  }
  return files.toSorted((a, b) => compareNames(a.path, b.path));
}

function pathOf(root: URL, prefix: string, name: string): RelativePath {
  const path = name.includes("/") ? undefined : parseRelativePath(prefix + name);
  if (path !== undefined) return path;
  const problem = name.includes("/") ? "has a slash" : relativePathProblem(prefix + name);
  throw new Failure(
    "SOURCE_BAD_DATA",
    `${shownUrl(root)} lists ${shownSafely(prefix + name, 120)}, which ${problem ?? "is no path"}`,
    {
      hint: "asof takes over no such name",
    },
  );
}
