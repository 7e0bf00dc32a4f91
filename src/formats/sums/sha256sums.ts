import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";

/**
 * One line of a SHA256SUMS file, as coreutils writes it: digest, two blanks, name. A name with a backslash, a line feed or a carriage return is escaped and the line begins with a
 * backslash (coreutils manual, "md5sum invocation"). A file called `-` is `./-`: by itself the name would mean the standard input.
 */
export function sumsLine(path: string, digest: Digest): string {
  const name = path === "-" ? "./-" : path;
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes.get(character) ?? character);
  return `${escaped === name ? "" : "\\"}${digest}  ${escaped}\n`;
}

/** What a line says, without its line end; undefined when it is none. Takes what coreutils takes of what it writes itself: text or binary mode, escaped or not. */
export function parseSumsLine(line: string): { readonly path: string; readonly digest: Digest } | undefined {
  const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s.exec(line);
  if (match === null) return undefined;
  const [, mark = "", hex = "", name = ""] = match;
  const digest = parseDigest(hex);
  const path = mark === "" ? name : unescapeName(name);
  if (digest === undefined || path === undefined) return undefined;
  return { digest, path: path.startsWith("./") ? path.slice(2) : path };
}

function unescapeName(name: string): string | undefined {
  const isSound = /^(?:[^\\]|\\[\\nr])*$/.test(name);
  return isSound ? name.replace(/\\([\\nr])/g, (_, letter: string) => unescapes.get(letter) ?? letter) : undefined;
}

const unescapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
]);

const escapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);
