import { shownSafely } from "../../model/shown-safely.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";

/** One line of a listing, as it stands there: the date has no seconds, the size is rounded, and those of a directory mean nothing. */
export interface ListedName {
  /** Without the slash of a directory. Not to be trusted as a path. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** Empty where the server does not know. */
  readonly date: string;
  readonly size: string;
}

/**
 * Reads a listing of Pulp's content app (reference: `render_html`), whole: a page that is no such listing, one that breaks off and one with a line that is none are told apart from an empty one. Answers what
 * is wrong where something is. Names are HTML-escaped there and not URL-encoded, href and text alike; `./` came before them in 2025.
 */
export function parseListing(html: string): readonly ListedName[] | { readonly problem: string } {
  const begin = html.indexOf("<pre>");
  const end = html.lastIndexOf("</pre>");
  if (begin < 0 || !/<h1>Index of /.test(html.slice(0, begin))) return { problem: "is no listing of a Pulp server" };
  if (end < begin || !/^<\/pre><hr><\/body>\s*<\/html>\s*$/.test(html.slice(end))) return { problem: "breaks off" };
  const names: ListedName[] = [];
  const seen = new Set<string>();
  for (const line of html.slice(begin + "<pre>".length, end).split("\n")) {
    if (line.trim() === "" || line.startsWith('<a href="../">')) continue;
    const listed = parseLine(line);
    if (listed === undefined) return { problem: `has a line that is none: ${shownSafely(line, 120)}` };
    if (seen.has(listed.name)) return { problem: `has ${shownSafely(listed.name, 120)} twice` };
    seen.add(listed.name);
    names.push(listed);
  }
  return names;
}

/** The seconds that a checkpoint distribution's own listing names, ascending. */
export function listedSeconds(names: readonly ListedName[]): readonly Timestamp[] {
  return names.flatMap(({ name, isDirectory }) => (isDirectory && isTimestamp(name) ? [name] : [])).toSorted();
}

/** Padding, date, size: Jinja's `filesizeformat`. Another server's listing has another form, and encodes its names. */
const lineEnd =
  /^ {0,100}(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d)?(?: {2}(?:(\d{1,4}(?:\.\d)? (?:Bytes?|[kMGTPEZY]B)))?)?$/;

/** Linear in the length of the line: a name has no `"` and no `<` of its own. */
function parseLine(line: string): ListedName | undefined {
  const [, href = "", text = "", rest = ""] = /^<a href="([^"]*)">([^<]*)<\/a>(.*)$/.exec(line) ?? [];
  const plain = href.startsWith("./") ? href.slice(2) : href;
  const facts = lineEnd.exec(rest.trimEnd());
  if (plain === "" || (plain !== text && href !== text) || facts === null) return undefined;
  const [, date = "", size = ""] = facts;
  const isDirectory = plain.endsWith("/");
  const name = unescapeHtml(isDirectory ? plain.slice(0, -1) : plain);
  return name === "" ? undefined : { name, isDirectory, date, size };
}

function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#34|#39|#x27);/g, (escaped) => characters[escaped] ?? escaped);
}

const characters: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&#39;": "'",
  "&#x27;": "'",
};
