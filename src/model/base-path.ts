import { looksLikeTimestamp } from "./timestamp.ts";

/** Where a distribution lives below the document root, without slashes at its ends: `checkpoints/myfile`. */
export type BasePath = string & { readonly [basePath]: true };
declare const basePath: unique symbol;

/** Names at the top of `public/` that asof makes itself. */
const generatedNames: ReadonlySet<string> = new Set([
  "_asof",
  "feed.atom",
  "index.html",
  "site.json",
  "status.json",
  "404.html",
  "robots.txt",
]);

/** Names at the top of a site that hosting platforms read, or web servers and browsers: a distribution there would be taken for something else. Below a timestamp they are content. */
const platformNames: ReadonlySet<string> = new Set([
  ".htaccess",
  ".nojekyll",
  ".well-known",
  "_headers",
  "_redirects",
  "_routes.json",
  "_worker.js",
  "cname",
]);

export function parseBasePath(text: string): BasePath | undefined {
  return isBasePath(text) ? text : undefined;
}

export function isBasePath(text: string): text is BasePath {
  return basePathProblem(text) === undefined;
}

/** Why `text` cannot be a base path, or undefined. It goes into three configuration languages: only `[A-Za-z0-9._~-]` is allowed. */
export function basePathProblem(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.startsWith("/") || text.endsWith("/")) return "begins or ends with a slash";
  const segments = text.split("/");
  for (const segment of segments) {
    if (segment === "") return "has an empty segment";
    if (segment === "." || segment === "..") return `has a segment "${segment}"`;
    if (!/^[A-Za-z0-9._~-]+$/.test(segment)) return `has a segment with other characters than A-Z a-z 0-9 . _ ~ -`;
    if (segment.toLowerCase() === "index.html") return `has a segment "${segment}", a name that asof generates`;
    if (looksLikeTimestamp(segment)) return "has a segment shaped like a timestamp";
  }
  const first = segments[0] ?? "";
  if (generatedNames.has(first.toLowerCase())) return `begins with "${first}", a name that asof generates`;
  if (platformNames.has(first.toLowerCase())) return `begins with "${first}", a name that hosting platforms read`;
  return undefined;
}

/** Whether two base paths are equal or one lies below the other, upper and lower case alike (Pulp refuses such a pair). */
export function basePathsOverlap(a: string, b: string): boolean {
  const [x, y] = [`${a}/`.toLowerCase(), `${b}/`.toLowerCase()];
  return x.startsWith(y) || y.startsWith(x);
}
