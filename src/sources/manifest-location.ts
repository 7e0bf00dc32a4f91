import { fileURLToPath } from "node:url";
import { Failure } from "../failure.ts";
import type { RelativePath } from "../model/relative-path.ts";

/** The URL of a manifest. Throws a `Failure` for what is no URL, or of another kind than http, https and file. */
export function parseManifestUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Failure("CONFIG", `${text} is not a URL`);
  const url = new URL(text);
  url.hash = "";
  if (url.protocol === "file:") assertLocal(url);
  else if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Failure("CONFIG", `${shownUrl(url)}: only http:, https: and file: URLs can be read`);
  }
  if (manifestName(url) === "") {
    throw new Failure("CONFIG", `${shownUrl(url)} is a directory`, { hint: "Give the URL of the manifest itself." });
  }
  return url;
}

/**
 * The URL of a file that the manifest lists: the manifest's directory, the path with every segment percent-encoded, the manifest's query. Text is
 * appended; resolving the path as a reference would read `//host/x`, `%2e%2e/x` or `http:x` as something else than a name.
 */
export function fileUrl(manifest: URL, path: RelativePath): URL {
  const origin = manifest.protocol === "file:" ? "file://" : manifest.origin;
  return new URL(origin + fileTarget(manifest, path));
}

/** Path and query of the same. */
export function fileTarget({ pathname, search }: URL, path: RelativePath): string {
  const directory = pathname.slice(0, pathname.lastIndexOf("/") + 1);
  return `${directory}${path.split("/").map(encodeURIComponent).join("/")}${search}`;
}

/** The last segment as it stands in the URL, percent-encoded. */
export function manifestName(manifest: URL): string {
  return manifest.pathname.slice(manifest.pathname.lastIndexOf("/") + 1);
}

/** A URL for messages: without user, password and query, which may hold a token. */
export function shownUrl(url: URL): string {
  const origin = url.protocol === "file:" ? "file://" : `${url.protocol}//${url.host}`;
  return `${origin}${url.pathname}${url.search === "" ? "" : "?..."}`;
}

function assertLocal(url: URL): void {
  try {
    fileURLToPath(url);
  } catch (error) {
    // A foreign host, or an encoded slash in a name.
    if (error instanceof TypeError)
      throw new Failure("CONFIG", `${shownUrl(url)} names no local file: ${error.message}`);
    throw error;
  }
}
