import { isIP } from "node:net";

/**
 * Whether a Host header names this server, against DNS rebinding: a page of somebody else whose name was made to lead here has that name in its Host. `bound` is the
 * address that the server listens on; when that is every address of the machine, any literal address will do, because a literal cannot be rebound. No Host at all is HTTP/1.0,
 * which no browser speaks.
 */
export function hostCheck(bound: string, allowed: readonly string[]): (header: string | undefined) => boolean {
  const names = new Set(["localhost", "127.0.0.1", "::1", bound, ...allowed].map(normalize));
  const anyAddress = isWildcard(bound);
  return (header) => {
    if (header === undefined) return true;
    const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(header);
    if (match === null) return false;
    const host = normalize(match[1] ?? "");
    return names.has(host) || (anyAddress && isIP(host) !== 0);
  };
}

/** The host of a URL that leads to a server bound to `host`. */
export function urlHost(host: string): string {
  if (isWildcard(host)) return "localhost";
  return isIP(host) === 6 ? `[${host}]` : host;
}

function isWildcard(host: string): boolean {
  return host === "" || host === "0.0.0.0" || host === "::";
}

function normalize(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}
