import { parseDigest } from "../../model/digest.ts";
import type { ListedContent } from "../listed-content.ts";

/** Takes a Packages or Sources file in pieces, and tells of each file of the pool that a piece completes. */
export interface StanzaReader {
  add(piece: string): Generator<StanzaFile, void>;
  /** The last stanza need not end in an empty line. */
  end(): Generator<StanzaFile, void>;
}

export interface StanzaFile {
  /** Below the root of the archive. Not to be trusted as a path. */
  readonly path: string;
  readonly content: ListedContent;
}

/** One stanza is never so long; without a limit a hostile one would fill the memory. */
const longestStanza = 16 << 20;

/** What has no SHA-256 is left out. Throws a RangeError for a stanza without end. */
export function openStanzaReader(): StanzaReader {
  let rest = "";
  return {
    *add(piece) {
      rest += piece;
      const stanzas = rest.split(/\n[ \t]*\n/);
      rest = stanzas.pop() ?? "";
      for (const stanza of stanzas) yield* filesIn(stanza);
      if (rest.length > longestStanza) throw new RangeError("a stanza without end");
    },
    *end() {
      yield* filesIn(rest);
      rest = "";
    },
  };
}

function* filesIn(stanza: string): Generator<StanzaFile, void> {
  const filename = field(stanza, "Filename");
  if (filename !== undefined) {
    const content = contentOf(field(stanza, "SHA256"), field(stanza, "Size"));
    if (content !== undefined) yield { path: plain(filename), content };
    return;
  }
  const directory = field(stanza, "Directory");
  const sums = field(stanza, "Checksums-Sha256");
  if (directory === undefined || sums === undefined) return;
  for (const line of sums.split("\n")) {
    const [hex, size, name] = line.trim().split(/[ \t]+/);
    const content = contentOf(hex, size);
    if (content === undefined || name === undefined) continue;
    yield { path: plain(directory === "." ? name : `${directory}/${name}`), content };
  }
}

/** With the lines that continue it. */
function field(stanza: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\n)${name}:[ \\t]*([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, "i").exec(stanza)?.[1]?.trim();
}

function contentOf(hex: string | undefined, size: string | undefined): ListedContent | undefined {
  const digest = parseDigest(hex?.toLowerCase() ?? "");
  if (digest === undefined) return undefined;
  return { digest, sizeBytes: size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined };
}

/** A flat archive writes `./` before its names. */
function plain(path: string): string {
  return path.replace(/^(?:\.\/)+/, "");
}
