import { Failure } from "../../failure.ts";

/**
 * Text for the inside of a double-quoted token of a Caddyfile. Braces would be placeholders, `* ? [ ]` and backslashes patterns of the `file` matcher, and a control character would end a comment: texts
 * with one of them are refused with a CONFIG failure.
 */
export function quoteCaddy(text: string): string {
  if (/[\\{}*?[\]\p{Cc}]/u.test(text)) {
    throw new Failure("CONFIG", `a Caddyfile cannot hold ${JSON.stringify(text)}`, {
      hint: "use a path without braces, brackets, asterisks, question marks, backslashes and control characters",
    });
  }
  return text.replaceAll('"', '\\"');
}

/** A regular expression, without backslashes, that matches `text` and nothing else, for letters, digits and `. _ ~ - /`. */
export function caddyRegex(text: string): string {
  return text.replaceAll(".", "[.]");
}
