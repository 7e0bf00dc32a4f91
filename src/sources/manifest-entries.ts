import { unescape } from "node:querystring";
import { Failure } from "../failure.ts";
import { parsePulpManifest } from "../formats/file/pulp-manifest.ts";
import type { ManifestEntry, ParsedManifest } from "../formats/file/pulp-manifest.ts";
import { manifestName, shownUrl } from "./manifest-location.ts";

/** Bad lines that a failure shows; it counts the others. */
const shownLines = 50;

/** The entries of a manifest, sorted by path. One bad line refuses the whole: throws a `Failure` that lists what is wrong. */
export function readManifestEntries(
  bytes: Uint8Array,
  { url, mediaType }: { readonly url: URL; readonly mediaType: string | undefined },
): readonly ManifestEntry[] {
  const text = decode(bytes, url);
  const parsed = parsePulpManifest(text);
  if (parsed.invalidCount > 0) throw badLines(parsed, url, isPage(text, mediaType));
  const name = unescape(manifestName(url));
  if (parsed.entries.some(({ path }) => path === name)) {
    throw new Failure("SOURCE_BAD_DATA", `${shownUrl(url)} lists itself, and no file can hold its own digest`, {
      hint: "Whatever writes the manifest must leave the manifest out.",
    });
  }
  return parsed.entries;
}

function decode(bytes: Uint8Array, url: URL): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure("SOURCE_BAD_DATA", `${shownUrl(url)} is not UTF-8 text`, { hint: urlHint, cause: error });
  }
}

function badLines({ invalid, invalidCount }: ParsedManifest, url: URL, isPageText: boolean): Failure {
  const details = invalid
    .slice(0, shownLines)
    .map(({ lineNumber, line, reason }) => `line ${lineNumber}: ${reason}: ${line}`);
  if (invalidCount > details.length) details.push(`and ${invalidCount - details.length} more`);
  const lines = invalidCount === 1 ? "1 line" : `${invalidCount} lines`;
  return new Failure("SOURCE_BAD_DATA", `${shownUrl(url)}: ${lines} cannot be taken, so the manifest was refused`, {
    hint: isPageText ? `This is a web page. ${urlHint}` : `A line is path,sha256,size. ${urlHint}`,
    details,
  });
}

const urlHint = "Check that the URL is that of the manifest.";

function isPage(text: string, mediaType: string | undefined): boolean {
  return mediaType === "text/html" || /^\uFEFF?\s{0,100}</.test(text);
}
