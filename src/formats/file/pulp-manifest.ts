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
  /** Sorted by path, no path twice. One invalid line means that the manifest as a whole is not to be trusted. */
  readonly entries: readonly ManifestEntry[];
  /** In the order of the manifest; 1,000 of `invalidCount` at most, so that a large file of another kind costs no memory. */
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
  // Hundreds of thousands of lines: an entry is one object, and its place in the list tells the rest.
  const listed: ManifestEntry[] = [];
  const lineNumbers: number[] = [];
  const invalid: InvalidLine[] = [];
  let invalidCount = 0;
  let lineNumber = 0;
  let places: Map<ManifestEntry, number> | undefined;

  function refuse(at: number, line: string, reason: string): void {
    invalidCount += 1;
    if (invalidCount <= keptInvalidLines) {
      invalid.push({ lineNumber: at, line: shownSafely(line, shownCharacters), reason });
    }
  }

  function lineOf(entry: ManifestEntry): number {
    places ??= new Map(listed.map((known, place) => [known, place]));
    return lineNumbers[places.get(entry) ?? 0] ?? 0;
  }

  for (const line of linesOf(text.startsWith("\uFEFF") ? text.slice(1) : text)) {
    lineNumber += 1;
    const parsed = parseLine(line);
    if (typeof parsed === "string") refuse(lineNumber, line, parsed);
    else if (parsed !== undefined) {
      listed.push(parsed);
      lineNumbers.push(lineNumber);
    }
  }
  const entries: ManifestEntry[] = [];
  for (const entry of listed.toSorted((a, b) => compareNames(a.path, b.path))) {
    const earlier = entries.at(-1);
    if (earlier?.path !== entry.path) entries.push(entry);
    else if (earlier.digest !== entry.digest || earlier.sizeBytes !== entry.sizeBytes) {
      const what = earlier.digest === entry.digest ? "size" : "digest";
      refuse(lineOf(entry), entry.path, `line ${lineOf(earlier)} gives the same path another ${what}`);
    }
  }
  for (const [file, below] of fileAndDirectoryClashes(entries)) {
    const [at, belowAt] = [lineOf(file), lineOf(below)];
    const shown = shownSafely(file.path, shownCharacters);
    const reason = `"${shown}" is a file on line ${at} and a directory on line ${belowAt}`;
    refuse(Math.max(at, belowAt), (at > belowAt ? file : below).path, reason);
  }

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
  const digestText = trimBlanks(trimmed.slice(commaBefore + 1, lastComma));
  const digest = parseDigest(digestText) ?? parseDigest(digestText.toLowerCase());
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

/**
 * Walking up from every path would cost the square of its depth. In a sorted list whatever begins with a path follows it: `open` are the paths with which the one at hand begins, each
 * the beginning of the next, so that only the last of them needs a look. What follows an earlier one in the path at hand follows it in the last one, too.
 */
function* fileAndDirectoryClashes(
  sorted: readonly ManifestEntry[],
): Generator<readonly [file: ManifestEntry, below: ManifestEntry], void> {
  const open: ManifestEntry[] = [];
  let told: ManifestEntry | undefined;
  for (const entry of sorted) {
    let above = open.at(-1);
    for (; above !== undefined && !entry.path.startsWith(above.path); above = open.at(-1)) open.pop();
    if (above !== undefined && above !== told && entry.path.charAt(above.path.length) === "/") {
      yield [above, entry];
      told = above;
    }
    open.push(entry);
  }
}

/** No array of all lines: a file of 64 MiB may have as many. */
function* linesOf(text: string): Generator<string> {
  const hasReturns = text.includes("\r");
  const lineEnd = /\r\n?|\n/g;
  for (let start = 0; start < text.length;) {
    lineEnd.lastIndex = start;
    const found = hasReturns ? lineEnd.exec(text)?.index : text.indexOf("\n", start);
    const end = found === undefined || found < 0 ? text.length : found;
    yield text.slice(start, end);
    start = hasReturns && found !== undefined ? lineEnd.lastIndex : end + 1;
  }
}

/** Tabs and the blanks of any script, no line separator. A loop, because a pattern for trailing blanks takes quadratic time. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit < 0x80 ? unit === 0x20 || unit === 0x09 : blank.test(text.charAt(index));
}

const blank = /[\t\p{Zs}]/u;
