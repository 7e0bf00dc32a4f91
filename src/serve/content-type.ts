/**
 * The type that a file is sent with where serve-handler's own table is silent or wrong; undefined where that table may decide. `name` is the last component of its path.
 * Never an encoding: a `.gz` is what the repository signed, not a way of sending something else.
 */
export function contentTypeOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return plainNames.test(name) ? plainText : binary;
  return types.get(name.slice(dot + 1).toLowerCase());
}

/** Sent when neither table knows a file. */
export const binary = "application/octet-stream";

const plainText = "text/plain; charset=utf-8";

/** Names without an extension that people open in a browser. */
const plainNames =
  /^(?:Release|InRelease|Packages|Sources|Contents|[A-Z0-9]*SUMS|PULP_MANIFEST|README|LICENSE|COPYING|ChangeLog|NEWS)$/;

// serve-handler's table dates from 2018: it has no type for most of these, and takes .key for slides, .dsc for a markup of its own, .ts for video and .apk for Android.
const types: ReadonlyMap<string, string> = new Map([
  ["apk", binary],
  ["asc", plainText],
  ["atom", "application/atom+xml; charset=utf-8"],
  ["avif", "image/avif"],
  ["br", binary],
  ["buildinfo", plainText],
  ["changes", plainText],
  ["conda", binary],
  ["crate", binary],
  ["ddeb", "application/x-debian-package"],
  ["drpm", "application/x-rpm"],
  ["dsc", plainText],
  ["gem", binary],
  ["gpg", binary],
  ["jsonl", "application/jsonl"],
  ["key", plainText],
  ["log", plainText],
  ["md5", plainText],
  ["module", "application/json"],
  ["mod", plainText],
  ["rpm", "application/x-rpm"],
  ["sha1", plainText],
  ["sha256", plainText],
  ["sha512", plainText],
  ["ts", plainText],
  ["whl", binary],
  ["xz", "application/x-xz"],
  ["zst", "application/zstd"],
]);
