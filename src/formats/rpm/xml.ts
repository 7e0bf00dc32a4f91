/** Text of an attribute or element; what is no entity of plain XML stays as it is. */
function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name, decimal, hex) => {
    if (typeof name === "string") return characters[name] ?? whole;
    const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The attributes in the head of an element, or of what stands behind its name. */
export function attributesOf(head: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of head.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    attributes.set(name, unescapeXml(double ?? single ?? ""));
  }
  return attributes;
}

/** Head and text of the first element called `name` in `xml`; undefined where there is none. */
export function elementIn(xml: string, name: string): { readonly head: string; readonly text: string } | undefined {
  const begin = new RegExp(`<(?:[\\w-]+:)?${name}(?=[\\s/>])([^>]{0,8192})>`).exec(xml);
  if (begin === null) return undefined;
  const head = begin[1] ?? "";
  const after = begin.index + begin[0].length;
  const end = xml.indexOf("</", after);
  return { head, text: head.endsWith("/") || end < 0 ? "" : unescapeXml(xml.slice(after, end)) };
}
