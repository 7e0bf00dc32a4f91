/** Why `text` cannot be the address of a manifest, or undefined. The URL class would quietly mend most of this; what is asked for must be what is written. */
export function remoteUrlProblem(text: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return "is not a URL; a file on this machine is file:///absolute/path/PULP_MANIFEST";
  if (scheme !== "http" && scheme !== "https" && scheme !== "file") {
    return `has the scheme "${scheme}:"; only http:, https: and file: are understood`;
  }
  if (/[\s\p{Cc}\\]/u.test(text)) return "has a space, a control character or a backslash; write it percent-encoded";
  if (text.includes("#")) return "has a fragment (#)";
  const prefix = scheme === "file" ? /^file:\/\/\/[^/]/i : /^https?:\/\/[^/]/i;
  const url = prefix.test(text) ? parseUrl(text) : undefined;
  if (url === undefined)
    return scheme === "file" ? "must begin with file:/// and an absolute path" : "is not a valid URL";
  if (scheme === "file" && /%2f|%00/i.test(url.pathname)) return "has an encoded slash or NUL in its path";
  return url.pathname.endsWith("/") ? "names a folder; give the manifest itself, such as .../PULP_MANIFEST" : undefined;
}

/** Why `text` cannot be the address of a Pulp distribution or of its API, or undefined. The slash at the end may be left out. */
export function pulpUrlProblem(text: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text)) return "must begin with http:// or https:// and a host";
  if (text.includes("?") || text.includes("#"))
    return "has a query (?) or a fragment (#); a token goes into headers_file";
  if (/[\s\p{Cc}\\]/u.test(text)) return "has a space, a control character or a backslash; write it percent-encoded";
  const url = parseUrl(text);
  if (url === undefined) return "is not a valid URL";
  const path = text.replace(/^https?:\/\/[^/]*\/?/i, "").replace(/\/$/, "");
  if (path === "") return "has no path; give the distribution's own, or the API's";
  if (path.split("/").some((segment) => segment === "" || /^(?:\.|%2e){1,2}$/i.test(segment))) {
    return "has an empty segment, . or .. in its path";
  }
  return isEncodedWell(path) ? undefined : "has a % that encodes no character";
}

function isEncodedWell(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes("\0");
  } catch {
    return false;
  }
}

/** Why `text` cannot be the public address of a site, or undefined. Its path goes into three server languages. */
export function siteUrlProblem(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return "must begin with http:// or https://";
  if (text.includes("?") || text.includes("#")) return "has a query (?) or a fragment (#)";
  if (/[\s\p{Cc}\\]/u.test(text)) return "has a space, a control character or a backslash";
  const url = parseUrl(text);
  if (url === undefined || !/^https?:\/\/[^/]/i.test(text)) return "is not a valid URL";
  if (hasCredentials(url)) return "has a user name or password; it is printed on every page";
  const path = text.replace(/^https?:\/\/[^/]*\/?/i, "").replace(/\/$/, "");
  return path === "" || path.split("/").every(isPlain)
    ? undefined
    : "has a path with an empty segment, . or .., or other characters than A-Z a-z 0-9 . _ ~ -";
}

function isPlain(segment: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(segment) && !/^\.{1,2}$/.test(segment);
}

export function hasCredentials(url: URL): boolean {
  return url.username !== "" || url.password !== "";
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
