/**
 * One decoded path segment as it stands in a URL: every UTF-8 byte outside `[A-Za-z0-9._~-]` becomes `%XX`. The only spelling of a link that no browser,
 * proxy or server was seen to read as anything else than the name. `segment` is valid Unicode; a lone surrogate throws URIError.
 */
export function encodeSegment(segment: string): string {
  if (unreserved.test(segment)) return segment;
  return encodeURIComponent(segment).replace(leftAlone, (character) => percent(character));
}

/** A relative link from a listing to a name in it. The `./` keeps `a:b` from being read as a scheme. */
export function hrefOf(name: string, kind: "file" | "directory"): string {
  return `./${encodeSegment(name)}${kind === "directory" ? "/" : ""}`;
}

const unreserved = /^[A-Za-z0-9._~-]*$/;

/** What encodeURIComponent does not encode. */
const leftAlone = /[!'()*]/g;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
