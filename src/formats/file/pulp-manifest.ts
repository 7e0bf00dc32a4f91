import { compareNames } from "../../model/compare-names.ts";
import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { Entry } from "../../model/entry.ts";
import { parseRelativePath, relativePathProblem } from "../../model/relative-path.ts";
import type { RelativePath } from "../../model/relative-path.ts";
import { shownSafely } from "../../model/shown-safely.ts";

/** One file of a PULP_MANIFEST. The size is undefined where the manifest leaves it unchecked, see `parseSize`. */
export interface ManifestEntry {
  readonly path: RelativePath;
  readonly digest: Digest;
  readonly sizeBytes: number | undefined;
}

/** A line that cannot be taken. `line` is safe to print: control and direction characters are escaped, and it is cut to 120 characters. */
export interface InvalidLine {
  /** Counted from 1 over all lines, blank ones and comments too. */
  readonly lineNumber: number;
  readonly line: string;
  readonly reason: string;
}

export interface ParsedManifest {
  /** In the order of the manifest, no path twice. One invalid line means that the manifest as a whole is not to be trusted. */
  readonly entries: readonly ManifestEntry[];
  /** In the order of the manifest; the first 1,000 of `invalidCount`, so that a large file of another kind costs no memory. */
  readonly invalid: readonly InvalidLine[];
  readonly invalidCount: number;
}

/**
 * Reads Pulp's format: `path,sha256,size` a line, split at the last two commas, blanks around fields trimmed, blank lines and `#` comments
 * skipped, lines ended by LF, CRLF or CR. Where Pulp is lax, the line is refused: the path must be a `RelativePath`, the digest a SHA-256
 * (upper case is lowered), and no path may have two digests or be both a file and a directory. One byte order mark at the
 * beginning is skipped: Windows editors write it, and it would become part of the first name. Takes linear time in the length of the text.
 */
export function parsePulpManifest(text: string): ParsedManifest {
  // Hundreds of thousands of lines: an entry is one object, and the path's place in the list tells the rest.
  const entries: ManifestEntry[] = [];
  const lineNumbers: number[] = [];
  const places = new Map<RelativePath, number>();
  const invalid: InvalidLine[] = [];
  let invalidCount = 0;
  let lineNumber = 0;

  function seen(path: RelativePath): SeenEntry | undefined {
    const place = places.get(path);
    const entry = place === undefined ? undefined : entries[place];
    return entry === undefined ? undefined : { ...entry, lineNumber: lineNumbers[place ?? 0] ?? 0 };
  }

  function refuse(refused: InvalidLine): void {
    invalidCount += 1;
    if (invalidCount <= keptInvalidLines) invalid.push(refused);
  }

  for (const line of linesOf(text.startsWith("\uFEFF") ? text.slice(1) : text)) {
    lineNumber += 1;
    const parsed = parseLine(line);
    if (parsed === undefined) continue;
    const earlier = typeof parsed === "string" ? undefined : seen(parsed.path);
    const reason = typeof parsed === "string" ? parsed : contradiction(parsed, earlier);
    if (reason !== undefined) refuse({ lineNumber, line: shownSafely(line, shownCharacters), reason });
    else if (typeof parsed !== "string" && earlier === undefined) {
      places.set(parsed.path, entries.push(parsed) - 1);
      lineNumbers.push(lineNumber);
    }
  }
  for (const clash of fileAndDirectoryClashes(entries, seen)) refuse(clash);

  return {
    entries,
    invalid: invalid.toSorted((a, b) => a.lineNumber - b.lineNumber),
    invalidCount,
  };
}

/**
 * The manifest of a version: one line an entry, sorted by path, ended by LF, without a line for itself. Names that the format has no way to
 * write (see `unlistedReason`) are left out; the caller reports them.
 */
export function printPulpManifest(entries: Iterable<Pick<Entry, "path" | "digest" | "sizeBytes">>): string {
  return [...entries]
    .filter(({ path }) => unlistedReason(path) === undefined)
    .toSorted((a, b) => compareNames(a.path, b.path))
    .map(({ path, digest, sizeBytes }) => `${path},${digest},${sizeBytes}\n`)
    .join("");
}

/** Why a manifest cannot list a file of this name, or undefined when it can. The format has neither quotes nor escapes. */
export function unlistedReason(path: RelativePath): string | undefined {
  if (path.startsWith("#")) return "begins with #, which makes the line a comment";
  if (trimBlanks(path) !== path) return "begins or ends with a blank, which readers trim";
  return path.startsWith("\uFEFF") ? "begins with a byte order mark" : undefined;
}

interface SeenEntry extends ManifestEntry {
  readonly lineNumber: number;
}

const keptInvalidLines = 1000;
const shownCharacters = 120;
const emptyFile = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The line's entry, why it has none, or undefined for a line to skip. */
function parseLine(line: string): ManifestEntry | string | undefined {
  const trimmed = trimBlanks(line);
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const lastComma = trimmed.lastIndexOf(",");
  const commaBefore = lastComma < 1 ? -1 : trimmed.lastIndexOf(",", lastComma - 1);
  if (commaBefore < 0) return "has fewer than two commas";

  const name = trimBlanks(trimmed.slice(0, commaBefore));
  const path = parseRelativePath(name);
  if (path === undefined) return `the path ${relativePathProblem(name) ?? "cannot be used"}`;
  const digest = parseDigest(trimBlanks(trimmed.slice(commaBefore + 1, lastComma)).toLowerCase());
  if (digest === undefined) return "the digest is not a SHA-256 in 64 hexadecimal digits";
  const size = trimBlanks(trimmed.slice(lastComma + 1));
  if (!/^[0-9]+$/.test(size)) return "the size is not a whole number";
  if (!Number.isSafeInteger(Number(size))) return "the size is too large";
  return { path, digest, sizeBytes: parseSize(Number(size), digest) };
}

/** For Pulp a size of 0 means "not checked". It can only be meant so when the digest is not that of an empty file; else it is the size. */
function parseSize(size: number, digest: Digest): number | undefined {
  return size === 0 && digest !== emptyFile ? undefined : size;
}

function contradiction(entry: ManifestEntry, earlier: SeenEntry | undefined): string | undefined {
  if (earlier === undefined) return undefined;
  if (earlier.digest !== entry.digest) return `line ${earlier.lineNumber} gives the same path another digest`;
  return earlier.sizeBytes === entry.sizeBytes
    ? undefined
    : `line ${earlier.lineNumber} gives the same path another size`;
}

/**
 * With NUL in place of slashes, which no path holds, everything below `a` sorts straight behind `a`: neighbours are all that needs a look. Walking up from
 * every path instead would cost the square of its depth.
 */
function fileAndDirectoryClashes(
  entries: readonly ManifestEntry[],
  seen: (path: RelativePath) => SeenEntry | undefined,
): readonly InvalidLine[] {
  const clashes: InvalidLine[] = [];
  // The order of UTF-16 units will do, and is many times as fast as a comparison function.
  const keys = entries.map(({ path }) => path.replaceAll("/", "\0")).toSorted();
  for (const [index, next] of keys.entries()) {
    const key = keys[index - 1];
    if (key === undefined || next.charAt(key.length) !== "\0" || !next.startsWith(key)) continue;
    const file = entryOf(key, seen);
    const below = entryOf(next, seen);
    const shown = shownSafely(file.path, shownCharacters);
    const reason = `"${shown}" is a file on line ${file.lineNumber} and a directory on line ${below.lineNumber}`;
    const last = file.lineNumber > below.lineNumber ? file : below;
    clashes.push({ lineNumber: last.lineNumber, line: shownSafely(last.path, shownCharacters), reason });
  }
  return clashes;
}

function entryOf(key: string, seen: (path: RelativePath) => SeenEntry | undefined): SeenEntry {
  const path = parseRelativePath(key.replaceAll("\0", "/"));
  const entry = path === undefined ? undefined : seen(path);
  if (entry === undefined) throw new Error("a key is the path of an entry");
  return entry;
}

/** No array of all lines: a file of 64 MiB may have as many. */
function* linesOf(text: string): Generator<string> {
  let start = 0;
  for (const end of text.matchAll(/\r\n?|\n/g)) {
    yield text.slice(start, end.index);
    start = end.index + end[0].length;
  }
  if (start < text.length) yield text.slice(start);
}

/** Tabs and the blanks of any script, no line separator. A loop, because a pattern for trailing blanks takes quadratic time. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && blank.test(text.charAt(start))) start += 1;
  while (end > start && blank.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const blank = /[\t\p{Zs}]/u;
