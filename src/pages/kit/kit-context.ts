import type { Timestamp } from "../../model/timestamp.ts";
import { isAddress, isPrintable } from "./printable.ts";
import type { Address, Printable } from "./printable.ts";

/** What the lines for every client begin with. */
export interface KitContext {
  /** Public address of the site. */
  readonly site: Address;
  /** Name of the site's host, without a port. */
  readonly host: Printable;
  /** Names files, sections and aliases on the client: the name of the distribution. */
  readonly id: Printable;
  readonly basePath: Printable;
  readonly newest: Timestamp;
  /** The newest checkpoint's address. */
  readonly checkpoint: Address;
  /** The same with `$SNAPSHOT` in place of the time: a variable of the Dockerfile. */
  readonly snapshot: Address;
}

/** Undefined when the site's address or the base path cannot be printed: then there is no kit. */
export function kitContext(input: {
  readonly url: string;
  readonly distribution: string;
  readonly basePath: string;
  readonly newest: Timestamp;
}): KitContext | undefined {
  const { url, distribution, basePath, newest } = input;
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  if (!isAddress(url) || !url.endsWith("/") || url.includes("$") || !isPrintable(host) || !isPrintable(basePath)) {
    return undefined;
  }
  return {
    site: url,
    host,
    id: sectionName(distribution),
    basePath,
    newest,
    checkpoint: addressBelow(url, basePath, newest, "/"),
    snapshot: addressBelow(url, basePath, "$SNAPSHOT", "/"),
  };
}

/** The address of what is found by these parts below another; parts may hold slashes and be empty, a last part "/" makes it a directory's. */
export function addressBelow(above: Address, ...parts: readonly string[]): Address {
  const path = parts.filter((part) => part !== "").join("/");
  const whole = (above + path).replace(/\/{2}$/, "/");
  if (isAddress(whole)) return whole;
  throw new Error("a client kit was about to print an address that is not printable");
}

/** Names that begin sections in the clients' files, and mean something else there. */
const reserved: ReadonlySet<string> = new Set(["main", "options"]);

function sectionName(distribution: string): Printable {
  if (isPrintable(distribution) && !reserved.has(distribution)) return distribution;
  const other = reserved.has(distribution) ? `${distribution}-checkpoint` : "checkpoint";
  if (isPrintable(other)) return other;
  throw new Error("a name of ours is not printable");
}
