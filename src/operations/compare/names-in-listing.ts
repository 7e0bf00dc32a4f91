export interface ListedName {
  /** Decoded, without a slash. */
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * What a page of any server links to in its own folder: Pulp's listings, whose links are not encoded and equal to what stands between the tags, those of asof, and the usual indexes of web servers. No name
 * twice.
 */
export function namesInListing(html: string): readonly ListedName[] {
  const names = new Map<string, ListedName>();
  for (const [, quoted = "", content = ""] of html.matchAll(link)) {
    const href = unescapeHtml(quoted).replace(/^\.\//, "");
    const text = unescapeHtml(content.replaceAll(/<[^>]*>/g, ""));
    const written = href === text ? href : decoded(href);
    const isFolder = written?.endsWith("/") === true;
    const name = isFolder ? written?.slice(0, -1) : written;
    if (name === undefined || name === "" || name === "." || name === ".." || name.includes("/")) continue;
    names.set(name, { name, isFolder });
  }
  return [...names.values()];
}

const link = /<a\s[^>]*?href="([^"]{1,12000})"[^>]*>((?:[^<]|<(?!\/a))*)<\/a/g;

/** Undefined for what leads elsewhere or cannot be decoded. */
function decoded(href: string): string | undefined {
  if (/[?#]/.test(href) || /^[a-z][a-z0-9+.-]*:/i.test(href)) return undefined;
  try {
    return decodeURIComponent(href);
  } catch {
    return undefined;
  }
}

function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (typeof name === "string") return entities[name.toLowerCase()] ?? whole;
    const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
