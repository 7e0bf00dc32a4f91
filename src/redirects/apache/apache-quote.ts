import { Failure } from "../../failure.ts";
import { quoteHtaccess } from "../apache-htaccess/htaccess-quote.ts";

/**
 * Refuses a folder that Apache cannot name in all places with a CONFIG failure: `<Directory>` takes `*`, `?`, `[` and a backslash for a pattern, and what stands in `${…}` is replaced in
 * every line by a variable of the server.
 */
export function assertNameable(folder: string): void {
  quoteHtaccess(folder);
  if (/[*?[\\]|\$\{/.test(folder)) {
    throw new Failure("CONFIG", `rules for Apache cannot hold the folder ${JSON.stringify(folder)}`, {
      hint: "choose a path without * ? [ \\ and ${, or leave apache out of servers",
    });
  }
}

/** Path of the file system in a quoted test string of `RewriteCond`, which expands what follows `%` and `$` and takes the sign behind a backslash as it is. */
export function quoteTestString(path: string): string {
  return path.replace(/["%$\\]/g, "\\$&");
}

/** Path that `AliasMatch` leads to: `$1` would be what its pattern has found. Quotes are the template's business. */
export function quoteMatchTarget(path: string): string {
  return path.replace(/[$\\]/g, "\\$&");
}

/** Text between single quotes in an expression of `RewriteCond`, which expands what follows `%` and `$`; mod_rewrite hands it over with its backslashes. */
export function quoteExpression(path: string): string {
  return path.replace(/["'%$\\]/g, "\\$&");
}
