export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, with entities read. */
  readonly text: string;
}

/** Reads the small part of XML that feeds are written in, strictly: throws for what is not well-formed. */
export function readXml(document: string): XmlElement {
  const declaration = '<?xml version="1.0" encoding="utf-8"?>\n';
  if (!document.startsWith(declaration)) throw new Error("no XML declaration");
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(document)) throw new Error("no XML character");
  const tokens = document.slice(declaration.length).split(/(<[^<>]*>)/);
  const { element, next } = readElement(
    tokens.filter((token) => token.trim() !== ""),
    0,
  );
  if (next !== tokens.filter((token) => token.trim() !== "").length) throw new Error("more than one element");
  return element;
}

/** The text of the one child of that name. */
export function textOf(element: XmlElement, name: string): string {
  const [child] = element.children.filter((one) => one.name === name);
  if (child === undefined) throw new Error(`no <${name}> in <${element.name}>`);
  return child.text;
}

function readElement(tokens: readonly string[], at: number): { readonly element: XmlElement; readonly next: number } {
  const opening = /^<([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>$/.exec(tokens[at] ?? "");
  if (opening === null) throw new Error(`no opening tag: ${tokens[at] ?? "the end"}`);
  const [, name = "", written = "", slash] = opening;
  const attributes = Object.fromEntries(
    [...written.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, unescape(value)]),
  );
  if (slash === "/") return { element: { name, attributes, children: [], text: "" }, next: at + 1 };
  const children: XmlElement[] = [];
  let text = "";
  let next = at + 1;
  while (tokens[next] !== `</${name}>`) {
    const token = tokens[next] ?? "";
    if (token.startsWith("<") || token === "") {
      const child = readElement(tokens, next);
      children.push(child.element);
      next = child.next;
    } else {
      text += unescape(token);
      next++;
    }
  }
  return { element: { name, attributes, children, text }, next: next + 1 };
}

function unescape(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const character = entities[name];
    if (character === undefined || !whole.endsWith(";")) throw new Error(`no entity: ${whole}`);
    return character;
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };
