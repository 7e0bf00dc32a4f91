import { Failure } from "../../failure.ts";

/**
 * Text for the inside of a double-quoted nginx string. nginx has no way to write a dollar sign that is not a variable, and a control character would end a comment: both are
 * refused with a CONFIG failure.
 */
export function quoteNginx(text: string): string {
  if (/[$\p{Cc}]/u.test(text)) {
    throw new Failure("CONFIG", `nginx configuration cannot hold ${JSON.stringify(text)}`, {
      hint: "use a path without dollar signs and control characters",
    });
  }
  return text.replace(/["\\]/g, "\\$&");
}

/** A regular expression that matches `text` and nothing else, for letters, digits and `. _ ~ - /`. */
export function quoteRegex(text: string): string {
  return text.replace(/[.\\+*?[^\]$(){}=!<>|:#-]/g, "\\$&");
}
