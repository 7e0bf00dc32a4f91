import { Failure } from "../../failure.ts";

/**
 * Text for the inside of a double-quoted string of lighttpd.conf. There a backslash means itself, except before a quotation mark, so that not every text with both could be written; a control
 * character would end a comment or a line: texts with one of them are refused with a CONFIG failure.
 */
export function quoteLighttpd(text: string): string {
  if (/[\\\p{Cc}]/u.test(text)) {
    throw new Failure("CONFIG", `lighttpd configuration cannot hold ${JSON.stringify(text)}`, {
      hint: "use a path without backslashes and control characters",
    });
  }
  return text.replaceAll('"', '\\"');
}

/** A regular expression, without backslashes, that matches `text` and nothing else, for letters, digits and `. _ ~ - /`. */
export function lighttpdRegex(text: string): string {
  return text.replaceAll(".", "[.]");
}
