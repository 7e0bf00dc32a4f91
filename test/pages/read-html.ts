/** An element as it was written, with everything in it as plain text. */
export interface ReadElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Decoded text of the element and all below it. */
  text: string;
}

/**
 * Reads a page far more strictly than a browser: lower-case tags, every attribute in double quotes, every element closed in order or in itself, no bare `<`, `>`, `&`
 * or quote where text stands. Throws an Error that names the first place where the page is otherwise. Elements in the order of their start tags.
 */
export function readHtml(html: string): readonly ReadElement[] {
  const elements: ReadElement[] = [];
  const open: ReadElement[] = [];
  // Of the script nothing is read: what is in it is no markup.
  let rest = html.replace(/^<!doctype html>\n/, "").replace(/<script>[^<]*(?:<(?!\/script>)[^<]*)*<\/script>/, "");
  while (rest !== "") {
    if (!rest.startsWith("<")) {
      const text = /^[^<]+/.exec(rest)?.[0] ?? "";
      rest = rest.slice(text.length);
      const decoded = decodeText(text);
      for (const element of open) element.text += decoded;
      continue;
    }
    const tag = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*="[^"<>]*")*)(\/?)>/.exec(rest);
    if (tag === null) throw new Error(`bad markup: ${rest.slice(0, 80)}`);
    rest = rest.slice(tag[0].length);
    const [, slash = "", name = "", written = "", closed = ""] = tag;
    if (slash === "/") {
      const last = open.pop();
      if (last?.tag !== name) throw new Error(`</${name}> closes <${last?.tag ?? "nothing"}>`);
      continue;
    }
    const element: ReadElement = { tag: name, attributes: readAttributes(written), text: "" };
    elements.push(element);
    if (!isVoid.has(name) && closed === "") open.push(element);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.map(({ tag }) => tag).join(" ")}`);
  return elements;
}

/** What the links of a page point to, apart from those to directories above. */
export function hrefsOf(elements: readonly ReadElement[]): readonly string[] {
  return elements
    .filter(({ tag }) => tag === "a")
    .map(({ attributes }) => attributes.get("href") ?? "")
    .filter((href) => !/^(?:\.\.\/)+$/.test(href));
}

const isVoid: ReadonlySet<string> = new Set(["meta", "link", "hr", "br", "input"]);

function readAttributes(written: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of written.matchAll(/ ([a-z0-9-]+)="([^"]*)"/g)) {
    if (attributes.has(name)) throw new Error(`attribute ${name} twice`);
    attributes.set(name, decodeText(value));
  }
  return attributes;
}

function decodeText(text: string): string {
  const bare = text.replace(/&(?:amp|lt|gt|#34|#39);/g, "");
  if (/[&<>]/.test(bare)) throw new Error(`bare character in: ${text.slice(0, 80)}`);
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
