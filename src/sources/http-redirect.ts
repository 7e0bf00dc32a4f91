import { RequestError } from "./http-error.ts";

/** More than this many redirects in a row are an error. */
export const maxRedirects = 5;

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * Where a redirect from `from` leads; throws a `RequestError` for places that are not followed. `location` is the raw header with one character a
 * byte: bytes above 0x7f are taken as they are, which is what servers that do not encode them mean. Credentials in it are dropped.
 */
export function redirectTarget(from: URL, location: string | undefined): URL {
  const encoded = location?.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  if (encoded === undefined || !URL.canParse(encoded, from.href)) {
    throw new RequestError("SOURCE_REFUSED", "is redirected without a usable Location");
  }
  const target = new URL(encoded, from.href);
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new RequestError("SOURCE_REFUSED", `is redirected to a ${target.protocol} address`);
  }
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw new RequestError("SOURCE_REFUSED", `is redirected from https to http (${target.host})`);
  }
  target.username = "";
  target.password = "";
  return target;
}
