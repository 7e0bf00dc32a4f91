/** A file's place inside a repository: non-empty segments joined by single slashes, safe to put below any directory. */
export type RelativePath = string & { readonly [relativePath]: true };
declare const relativePath: unique symbol;

export function parseRelativePath(text: string): RelativePath | undefined {
  return isRelativePath(text) ? text : undefined;
}

export function isRelativePath(text: string): text is RelativePath {
  return relativePathProblem(text) === undefined;
}

/**
 * Why `text` may not name a file of a repository, or undefined when it may. Control characters and backslashes are refused because
 * some server, shell or log reads them as something else; names that are not UTF-8 arrive here with U+FFFD or a lone surrogate.
 */
export function relativePathProblem(text: string): string | undefined {
  if (text.length < 256 && ordinary.test(text)) return undefined;
  if (text === "") return "is empty";
  if (text.startsWith("/")) return "is absolute";
  if (text.endsWith("/")) return "ends in a slash";
  if (controlCharacter.test(text)) return "has a control character";
  if (text.includes("\\")) return "has a backslash";
  if (notUtf8.test(text)) return "is not valid UTF-8";
  for (const segment of text.split("/")) {
    if (segment === "") return "has an empty segment";
    if (segment === "." || segment === "..") return `has a segment "${segment}"`;
    if (utf8Length(segment) > 255) return "has a segment longer than 255 bytes";
  }
  return utf8Length(text) > 3000 ? "is longer than 3000 bytes" : undefined;
}

/** The directories on the way to a path: `a/b/c` gives `a` and `a/b`. */
export function foldersOf(path: string): readonly string[] {
  const segments = path.split("/");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
}

// What nearly all names are: printable ASCII but the backslash, and no segment "." or "..". Hundreds of thousands are asked.
const ordinary = /^(?!\.{1,2}(?:\/|$))[ -.0-[\]-~]+(?:\/(?!\.{1,2}(?:\/|$))[ -.0-[\]-~]+)*$/;
// C0, DEL, C1 and the two line separators: nothing that moves a cursor or ends a line.
const controlCharacter = /[\p{Cc}\u2028\u2029]/u;
const notUtf8 = /[\p{Cs}\uFFFD]/u;

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
  return length;
}
