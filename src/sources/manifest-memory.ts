import type { SourceCache } from "./source.ts";

/**
 * The tag under which the manifest that `about` tells of was remembered; undefined for any other manifest, and when nothing legible is there: a lost memory costs time, never correctness.
 */
export async function recallManifest(cache: SourceCache | undefined, about: string): Promise<string | undefined> {
  const [first, remembered, tag, rest] = (await cache?.read())?.toString("utf8").split("\n") ?? [];
  return first === version && remembered === about && rest === "" ? tag : undefined;
}

/** Remembers one manifest, in the place of the one before. */
export async function rememberManifest(cache: SourceCache | undefined, about: string, tag: string): Promise<void> {
  await cache?.write(`${version}\n${about}\n${tag}\n`);
}

/** Another one whenever manifests are read by other rules. */
const version = "asof manifest 1";
