import { Failure } from "../../failure.ts";

/** Text for the inside of a double-quoted argument of an Apache directive. Control characters are refused with a CONFIG failure: one could end the line. */
export function quoteHtaccess(text: string): string {
  if (/\p{Cc}/u.test(text)) {
    throw new Failure("CONFIG", `an .htaccess file cannot hold ${JSON.stringify(text)}`, {
      hint: "use an address without control characters",
    });
  }
  return text.replace(/["\\]/g, "\\$&");
}

/**
 * Text that mod_rewrite puts into a URL as it is: it expands what follows `%` and `$`. Its own reading of arguments knows no way to write a quote, a comma or a bracket in all places: a
 * CONFIG failure.
 */
export function quoteSubstitution(text: string): string {
  if (/["\\,[\]\s]/.test(text)) {
    throw new Failure("CONFIG", `rules of mod_rewrite cannot hold ${JSON.stringify(text)}`, {
      hint: "choose a site.url whose path has no quotes, commas, brackets and backslashes",
    });
  }
  return text.replace(/[%$]/g, "\\$&");
}

/** A regular expression that matches `text` and nothing else, for mod_rewrite, which leaves backslashes alone. */
export function quoteRegex(text: string): string {
  return text.replace(/[.\\+*?[^\]$(){}=!<>|:#-]/g, "\\$&");
}
