/**
 * The type that a file is sent with: the same by the generated rules of every server and in the preview. `name` is the last component of its path.
 * Never an encoding: a `.gz` is what the repository signed, not a way of sending something else.
 */
export function contentTypeOf(name: string): string {
  // Listings are UTF-8; nothing is said of other pages, which are the repository's own.
  if (name === "index.html") return "text/html; charset=utf-8";
  const dot = name.lastIndexOf(".");
  const extension = dot <= 0 ? undefined : name.slice(dot + 1).toLowerCase();
  return (extension === undefined ? undefined : types.get(extension)) ?? "application/octet-stream";
}

/** Media types and the file name extensions that mean them; every other file is `application/octet-stream`. */
export const extensionsOfTypes: Readonly<Record<string, string>> = {
  "text/html": "html htm",
  "text/css": "css",
  "text/javascript": "js mjs",
  "text/xml": "xml",
  "text/plain; charset=utf-8": "txt asc dsc changes buildinfo log md md5 sha1 sha256 sha512",
  "application/json": "json",
  "application/atom+xml": "atom",
  "application/pdf": "pdf",
  "application/vnd.debian.binary-package": "deb udeb ddeb",
  "application/x-rpm": "rpm drpm",
  "application/x-iso9660-image": "iso",
  "application/gzip": "gz tgz",
  "application/x-bzip2": "bz2",
  "application/x-xz": "xz txz",
  "application/zstd": "zst",
  "application/zip": "zip",
  "application/x-tar": "tar",
  "image/svg+xml": "svg",
  "image/png": "png",
  "image/jpeg": "jpg jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

const types: ReadonlyMap<string, string> = new Map(
  Object.entries(extensionsOfTypes).flatMap(([type, extensions]) =>
    extensions.split(" ").map((extension) => [extension, type] as const),
  ),
);
