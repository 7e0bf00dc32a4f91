import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

export interface Link {
  readonly target: string;
  readonly relations: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
}

/** Reads what RFC 6690 calls application/link-format, to the letter. Throws at the first character that is not as it says. */
export function readLinks(text: string): readonly Link[] {
  const links: Link[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = new RegExp(pattern, "y");
    found.lastIndex = at;
    const match = found.exec(text) ?? undefined;
    if (match !== undefined) at = found.lastIndex;
    return match;
  };
  const need = (pattern: RegExp): RegExpExecArray => {
    const match = take(pattern);
    if (match === undefined) throw new Error(`no link-format at ${JSON.stringify(text.slice(at, at + 60))}`);
    return match;
  };
  do {
    const [, target = ""] = need(/\s*<((?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)>/);
    const attributes = new Map<string, string>();
    while (take(/\s*;\s*/) !== undefined) {
      const [, name = ""] = need(/([A-Za-z][A-Za-z0-9-]*)=/);
      const [, value = ""] = need(/"([\x20\x21\x23-\x5b\x5d-\x7e]*)"/);
      if (attributes.has(name)) throw new Error(`${name} is there twice`);
      attributes.set(name, value);
    }
    links.push({ target, relations: (attributes.get("rel") ?? "").split(" ").filter(Boolean), attributes });
  } while (take(/,/) !== undefined);
  need(/\s*$/);
  return links;
}

/** The second that an IMF-fixdate says, the only form that RFC 7089 takes. Throws for another form, and for another day of the week than it was. */
export function secondOfDate(date: string | undefined): Timestamp {
  const seconds = Date.parse(date ?? "") / 1000;
  if (!Number.isInteger(seconds) || new Date(seconds * 1000).toUTCString() !== date)
    throw new Error(`${String(date)} is no date`);
  return timestampFromSeconds(seconds);
}
