import { Failure } from "../failure.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import { isObeyedName } from "../model/obeyed-names.ts";
import { foldersOf, isRelativePath } from "../model/relative-path.ts";
import { shownSafely } from "../model/shown-safely.ts";
import type { PulpCheckpoint } from "./pulp-checkpoint.ts";
import type { SourceEntry } from "./source.ts";

/** How the content of a checkpoint is to be known: by a manifest, or by listings and indexes. Undefined for one that is not whole, as far as its own listing tells. */
export function wayOf(
  { second, manifest, created }: PulpCheckpoint,
  listed: readonly ListedName[],
  usual: string | undefined,
): { readonly manifest: string | undefined } | undefined {
  const name = manifest === undefined ? usual : (manifest ?? undefined);
  // Nobody is asked whether a host obeys it: such a host may come later.
  const isObeyed = name !== undefined && isObeyedName("htaccess", name);
  if (name !== undefined && (isObeyed || name.includes("/") || name === "index.html" || !isRelativePath(name))) {
    throw new Failure("SOURCE_BAD_DATA", `the manifest of ${second} is called ${shownSafely(name, 120)}`, {
      hint: "asof writes no file of that name at the root of a checkpoint",
    });
  }
  if (name !== undefined && listed.some((one) => one.name === name && !one.isDirectory)) return { manifest: name };
  if (typeof manifest === "string") return undefined;
  const isIndexed = listed.some((one) =>
    one.isDirectory ? /^(?:repodata|dists)$/.test(one.name) : /^(?:In)?Release$/.test(one.name),
  );
  return created !== undefined || isIndexed || usual === undefined ? { manifest: undefined } : undefined;
}

/** Whether manifest and listing tell of the same: a manifest that came from another publication does not. */
export function isWhole(listed: readonly ListedName[], entries: readonly SourceEntry[], manifest: string): boolean {
  const files = new Set<string>();
  const directories = new Set<string>();
  for (const { path } of entries) {
    const slash = path.indexOf("/");
    if (slash < 0) files.add(path);
    else directories.add(path.slice(0, slash));
  }
  const others = listed.filter((one) => one.name !== manifest);
  return (
    others.length === files.size + directories.size &&
    others.every(({ name, isDirectory }) => (isDirectory ? directories : files).has(name))
  );
}

/**
 * The first index that others hang on and that is not there, of rpm's and Debian's: Pulp writes it last, so that more is to come. What a file is called says nothing to whoever knows from the API that all is there.
 */
export function missingHead(files: Pick<ReadonlyMap<string, unknown>, "has" | "keys">): string | undefined {
  for (const path of files.keys()) {
    const [, repodata] = /^((?:.*\/)?repodata\/)[^/]*$/s.exec(path) ?? [];
    if (repodata !== undefined && !files.has(`${repodata}repomd.xml`)) return `${repodata}repomd.xml`;
    if (!/(?:^|\/)dists\/.*\/(?:Packages|Sources)(?:\.[a-z0-9]+)?$/s.test(path)) continue;
    const suites = foldersOf(path).filter((folder) => /(?:^|\/)dists\/./s.test(folder));
    const hasHead = suites.some((suite) => files.has(`${suite}/Release`) || files.has(`${suite}/InRelease`));
    if (!hasHead) return `${suites[0]}/Release`;
  }
  return undefined;
}

/** There may be hundreds of thousands: nothing is made of them to compare. */
export function isSame<Item>(
  before: readonly Item[],
  now: readonly Item[],
  facts: (item: Item) => readonly (string | boolean)[],
): boolean {
  return (
    before.length === now.length &&
    before.every((item, index) => {
      const other = now[index];
      return other !== undefined && facts(item).every((fact, place) => fact === facts(other)[place]);
    })
  );
}
