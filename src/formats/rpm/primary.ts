import type { ListedContent } from "../listed-content.ts";
import { contentIn } from "./repomd.ts";
import { attributesOf, elementIn } from "./xml.ts";

/** Takes a primary.xml in pieces, and tells of each package that a piece completes. */
export interface PrimaryReader {
  add(piece: string): Generator<{ readonly href: string; readonly content: ListedContent }, void>;
}

/** One package's element is never so long; without a limit a hostile one would fill the memory. */
const longestPackage = 16 << 20;

/** Packages that lie elsewhere, or whose digest is no SHA-256, are left out. Throws a RangeError for a package without end. */
export function openPrimaryReader(): PrimaryReader {
  let rest = "";
  return {
    *add(piece) {
      rest += piece;
      let at = 0;
      for (;;) {
        const end = rest.indexOf("</package>", at);
        if (end < 0) break;
        const begin = rest.lastIndexOf("<package", end);
        if (begin >= at) yield* packageIn(rest.slice(begin, end));
        at = end + "</package>".length;
      }
      rest = rest.slice(at);
      if (rest.length > longestPackage) throw new RangeError("a package without end");
    },
  };
}

function* packageIn(xml: string): Generator<{ readonly href: string; readonly content: ListedContent }, void> {
  const location = elementIn(xml, "location");
  const attributes = attributesOf(location?.head ?? "");
  const href = attributes.get("href");
  if (href === undefined || attributes.has("xml:base")) return;
  const content = contentIn(xml, attributesOf(elementIn(xml, "size")?.head ?? "").get("package"));
  if (content !== undefined) yield { href, content };
}
