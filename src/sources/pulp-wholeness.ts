import { Failure } from "../failure.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import { isRelativePath } from "../model/relative-path.ts";
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
  if (name !== undefined && (name.includes("/") || name === "index.html" || !isRelativePath(name))) {
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
